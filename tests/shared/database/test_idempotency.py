"""A request under its key: one effect, one answer, for good."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from shared.database import transact
from shared.database.idempotency import Answer, RequestKey, content_hash
from shared.database.receipts import RECEIPT
from shared.database.unit_of_work import UnitOfWork, advisory_key
from shared.http.problems import Conflict, IdempotencyKeyReused, NotFound, RequestInFlight
from tests.services.randomization.world import SITE
from tests.shared.database.support import STUDY, holding, origin, raise_state, screen, stored
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

KEYS = "SELECT count(*) FROM platform.idempotency"


def request_key(**changes: str) -> RequestKey:
    parts = {"client": "client-1", "route": "POST /things", "key": "k", "content_hash": "h"}
    return RequestKey(**(parts | changes))


def add(subject: str) -> Callable[[UnitOfWork], Answer]:
    def use_case(work: UnitOfWork) -> Answer:
        screen(work, subject)
        return Answer(201, f'{{"subject": "{subject}"}}', {"ETag": '"1"'})

    return use_case


def change(engine: Engine, subject: str, **key: str) -> tuple[Answer, bool]:
    client = key.get("client", "client-1")
    return transact.change(engine, origin(client=client), request_key(**key), add(subject), {})


@pytest.mark.proves("PLT-1", kind="positive")
def test_the_first_answer_is_the_answer_for_good(engine: Engine, database: TestDatabase) -> None:
    first = change(engine, "S01-001")
    headers = {"ETag": '"1"', RECEIPT: first[0].headers[RECEIPT]}
    assert first == (Answer(201, '{"subject": "S01-001"}', headers), False)
    for _ in range(3):
        assert change(engine, "S01-002") == (first[0], True)
    assert stored(database) == ["S01-001"]


@pytest.mark.proves("PLT-1", kind="negative")
def test_the_same_key_with_other_content_is_refused(engine: Engine, database: TestDatabase) -> None:
    change(engine, "S01-001")
    with pytest.raises(IdempotencyKeyReused):
        change(engine, "S01-002", content_hash="other")
    assert stored(database) == ["S01-001"]


@pytest.mark.parametrize("other", [{"client": "client-2"}, {"route": "POST /x"}, {"key": "l"}])
def test_a_key_belongs_to_one_client_and_one_route(
    engine: Engine, database: TestDatabase, other: dict[str, str]
) -> None:
    change(engine, "S01-001")
    assert change(engine, "S01-002", **other)[1] is False
    assert stored(database) == ["S01-001", "S01-002"]


def test_refusals_and_failures_are_not_kept(engine: Engine, database: TestDatabase) -> None:
    def refuses(work: UnitOfWork) -> Answer:
        screen(work, "S01-001")
        raise Conflict

    def fails(work: UnitOfWork) -> Answer:
        screen(work, "S01-001")
        raise_state(work, "55P03")
        raise AssertionError

    for use_case in (refuses, fails):
        with pytest.raises(Exception, match=r"Another change|Try again"):
            transact.change(engine, origin(), request_key(), use_case, {})
    assert (stored(database), database.rows(KEYS)) == ([], [(0,)])
    assert change(engine, "S01-002")[1] is False


def test_a_study_that_is_not_here_is_not_found(engine: Engine) -> None:
    with pytest.raises(NotFound):
        transact.change(engine, origin(study="no-study"), request_key(), add("S01-001"), {})


def test_a_request_in_flight_is_refused_and_not_doubled(
    engine: Engine, database: TestDatabase
) -> None:
    lock = advisory_key(request_key().lock_name())
    with holding(database, "SELECT pg_advisory_xact_lock(%s)", lock):
        with pytest.raises(RequestInFlight):
            change(engine, "S01-001")
        assert change(engine, "S01-002", key="another")[1] is False
    assert change(engine, "S01-001")[1] is False
    assert stored(database) == ["S01-001", "S01-002"]


@given(
    content=st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3), max_size=5),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_names_makes_no_other_content(content: dict[str, Any], order: Any) -> None:
    items = list(content.items())
    order.shuffle(items)
    assert content_hash(dict(items)) == content_hash(content)


@pytest.mark.parametrize(
    ("one", "other"), [(1, "1"), (1, True), (0, False), ({"a": 1}, {"a": 1, "b": None}), ([], {})]
)
def test_other_types_are_other_content(one: Any, other: Any) -> None:
    assert content_hash(one) != content_hash(other)


@pytest.fixture
def api(client_for: Callable[[str], ApiClient]) -> ApiClient:
    return client_for("randomization")


def kind_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("type", "").removeprefix("urn:induct:problem:")


def test_the_same_key_at_once_has_one_effect_and_the_others_are_told_to_wait(
    api: ApiClient, database: TestDatabase
) -> None:
    calls = (api.call("POST", "/sites", role="admin", json=SITE, key="one") for _ in range(20))
    answers = api.together(calls)
    fresh = [a for a in answers if a.status_code == 201 and "Idempotent-Replayed" not in a.headers]
    assert len(fresh) == 1
    for answer in answers:
        if answer.status_code != 201:
            assert kind_of(answer) == (409, "request-in-flight")
            assert answer.headers["Retry-After"] == "1"
        else:
            assert answer.content == fresh[0].content
    assert database.rows("SELECT count(*) FROM platform.outbox") == [(1,)]


def test_one_content_under_many_keys_at_once_is_one_effect(
    api: ApiClient, database: TestDatabase
) -> None:
    answers = api.together(api.call("POST", "/sites", role="admin", json=SITE) for _ in range(20))
    assert {answer.status_code for answer in answers} == {201}
    assert database.rows("SELECT count(*) FROM platform.outbox") == [(1,)]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (["k" * 255], 201),
        (["~!@#$%^&*()"], 201),
        (["k" * 256], 400),
        ([" "], 400),
        (["kl\u00fd\u010d"], 400),
        (["a\tb"], 400),
        (["a", "b"], 400),
        ([], 400),
    ],
)
def test_a_key_is_1_to_255_printable_characters_and_there_is_one(
    api: ApiClient, sent: list[str], status: int
) -> None:
    token = f"Bearer {api.token('admin', None, STUDY)}".encode()
    headers = [(b"Authorization", token), (b"Content-Type", b"application/json")]
    headers += [(b"Idempotency-Key", key.encode()) for key in sent]
    url = f"http://service.test/randomization/v1/studies/{STUDY}/sites"
    content = json.dumps(SITE).encode()
    answer = api._run(api._client.request("POST", url, headers=headers, content=content))
    assert answer.status_code == status, answer.text
