"""An account that is bound to networks: its own key from another one opens nothing (C16)."""

import io
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from infra.database.binding import bind
from shared.study import StudyDefinition
from tests.services.randomization.world import SITE, open_sites
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY, SYSTEM = "NCT05748171", "hospital-bridge"
HERE, MAPPED, ELSEWHERE = "192.0.2.7", "::ffff:192.0.2.7", "203.0.113.9"


@pytest.fixture
def api(
    client_for: Callable[..., ApiClient],
    activate: Callable[[str], StudyDefinition],
    database: TestDatabase,
) -> ApiClient:
    activate(STUDY)
    api = client_for("randomization")
    open_sites(api, "S01")
    bound(database, "192.0.2.0/24", "2001:db8::/32")
    return api


def bound(database: TestDatabase, *networks: str) -> None:
    url = database.url("induct_platform")
    bind(url, SYSTEM, networks, actor="operator", reason="where the bridge stands")


def pause(api: ApiClient, state: str = "paused", **headers: str) -> httpx.Response:
    body = {"state": state, "reason": "a test"}
    return api.post("/sites/S01/state", role="admin", client=SYSTEM, json=body, headers=headers)


def state(database: TestDatabase) -> str:
    ((found,),) = database.rows("SELECT state FROM randomization.site")
    return str(found)


def told(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    headers = {n: v for n, v in answer.headers.items() if n != "x-request-id"}
    return answer.status_code, answer.content, headers


@pytest.mark.proves("C16", kind="negative")
def test_the_right_key_from_another_network_is_refused_without_effect_and_written_down(
    api: ApiClient, database: TestDatabase, log_lines: io.StringIO
) -> None:
    api.come_from(ELSEWHERE)
    wrong_key = api.post(
        "/sites/S01/state",
        role=None,
        json={"state": "paused", "reason": "a test"},
        headers={"Authorization": "Bearer x.y.z"},
    )
    before = database.rows("SELECT count(*) FROM platform.audit")
    refused = pause(api)
    assert told(refused) == told(wrong_key), "by nothing is a wrong place told from a wrong key"
    assert api.get("/sites", role="admin", client=SYSTEM).status_code == 401
    assert state(database) == "open"
    assert database.rows("SELECT count(*) FROM platform.audit") == before
    denied = (
        "SELECT account, operation, problem, host(source), request_id FROM platform.access_denied"
        " ORDER BY denied_at"
    )
    first, second = database.rows(denied)
    assert first == (
        SYSTEM, "randomization.change_site", "other-network", ELSEWHERE,
        refused.headers["X-Request-Id"],
    )  # fmt: skip
    assert second[1:4] == ("randomization.list_sites", "other-network", ELSEWHERE)
    pause(api)
    assert len(database.rows(denied)) == 2, "who tries in a loop fills no table"
    lines = [json.loads(line) for line in log_lines.getvalue().splitlines()]
    warned = [line for line in lines if line["message"] == "call from another network"]
    assert [(line["level"], line["study"], line["role"]) for line in warned] == [
        ("warning", STUDY, "admin")
    ] * 3


@pytest.mark.parametrize("address", [HERE, MAPPED, "2001:db8:1::5"])
def test_its_own_networks_let_it_in_however_the_address_is_spelled(
    api: ApiClient, database: TestDatabase, address: str
) -> None:
    api.come_from(address)
    assert pause(api).status_code == 200
    assert state(database) == "paused"
    assert database.rows("SELECT count(*) FROM platform.access_denied") == [(0,)]


CLAIMS = {
    "X-Forwarded-For": HERE,
    "Forwarded": f"for={HERE}",
    "X-Real-IP": HERE,
    "True-Client-IP": HERE,
    "CF-Connecting-IP": HERE,
    "X-Client-IP": HERE,
    "X-Amzn-Source-Ip": HERE,
}


@pytest.mark.proves("C16", kind="negative")
def test_an_address_in_a_header_is_the_callers_own_word(
    api: ApiClient, database: TestDatabase
) -> None:
    api.come_from(ELSEWHERE)
    assert pause(api, **CLAIMS).status_code == 401
    assert database.rows("SELECT host(source) FROM platform.access_denied") == [(ELSEWHERE,)]
    api.come_from(HERE)
    assert pause(api, **dict.fromkeys(CLAIMS, ELSEWHERE)).status_code == 200


def test_from_where_nobody_knows_a_bound_account_does_not_come(
    api: ApiClient, database: TestDatabase
) -> None:
    api.come_from(None)
    assert pause(api).status_code == 401
    assert database.rows("SELECT source FROM platform.access_denied") == [(None,)]


def test_others_come_from_anywhere(api: ApiClient) -> None:
    api.come_from(ELSEWHERE)
    assert api.get("/sites", role="admin", client="somebody-else").status_code == 200


def test_the_newest_binding_holds_and_one_without_networks_frees(
    api: ApiClient, database: TestDatabase
) -> None:
    api.come_from(ELSEWHERE)
    bound(database, "203.0.113.0/24")
    assert pause(api).status_code == 200
    api.come_from(HERE)
    assert pause(api, "open").status_code == 401
    bound(database)
    assert pause(api, "open").status_code == 200
    bound(database, ELSEWHERE)
    assert pause(api).status_code == 401


def test_a_retry_from_another_network_is_refused_as_well(api: ApiClient) -> None:
    done: dict[str, Any] = {"role": "admin", "client": SYSTEM, "json": SITE | {"site": "S09"}}
    api.come_from(HERE)
    assert api.post("/sites", key="once", **done).status_code == 201
    api.come_from(ELSEWHERE)
    assert api.post("/sites", key="once", **done).status_code == 401


@pytest.mark.parametrize(
    ("account", "networks", "actor", "words"),
    [
        ("a", ["192.0.2.1/24"], "me", "CIDR"),
        ("a", ["0.0.0.0/0"], "me", "all addresses"),
        ("a", ["192.0.2.0/24"] * 21, "me", "20 networks"),
        ("a", ["192.0.2.0/24"], " ", "account, actor and reason"),
        (" ", ["192.0.2.0/24"], "me", "account, actor and reason"),
        ("rave:edc", ["192.0.2.0/24"], "me", "beside their keys"),
        ("desk:0", ["192.0.2.0/24"], "me", "beside their keys"),
    ],
)
def test_a_binding_that_makes_no_sense_is_refused(
    database: TestDatabase, account: str, networks: list[str], actor: str, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        bind(database.url("induct_platform"), account, networks, actor=actor, reason="why")
    assert database.rows("SELECT count(*) FROM platform.access_network") == [(0,)]


def test_a_service_binds_nobody(database: TestDatabase) -> None:
    import psycopg

    add = (
        "INSERT INTO platform.access_network (account, networks, bound_by, reason)"
        " VALUES ('a', '{}', 'b', 'c')"
    )
    with (
        psycopg.connect(database.url("induct_safety")) as service,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        service.execute(add)
