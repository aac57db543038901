"""The header ``Induct-Signature``: what it signs, how it is refused, why retries need none."""

import io
import json
import time
from collections.abc import Callable

import httpx
import pytest

from shared.database.idempotency import content_hash
from shared.identity.signatures import MAX_AGE_SECONDS
from shared.study import StudyDefinition
from tests.shared.http.signing_app import SigningClient, thing
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
ALL = "SELECT count(*) FROM platform.signature"


@pytest.fixture
def client(
    client_for: Callable[[str], ApiClient], activate: Callable[[str], StudyDefinition]
) -> SigningClient:
    activate(STUDY)
    return SigningClient(client_for("randomization"))


def outcome(answer: httpx.Response) -> tuple[int, str]:
    kind = answer.json()["type"] if answer.status_code >= 400 else ""
    return answer.status_code, str(kind).removeprefix("urn:induct:problem:")


def old() -> int:
    """A time too long ago to sign with."""
    return int(time.time()) - MAX_AGE_SECONDS - 60


def test_a_coordinator_asks_and_an_investigator_signs(client: SigningClient) -> None:
    answer = client.add(client.signature(name="Eva Nováková"), role="coordinator")
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["name"], told["role"]) == ("Eva Nováková", "investigator")
    assert told["meaning"] == "eligible-and-randomize"
    assert told["signed_at"].endswith("Z")
    assert client.api.get("/things").json() == [told]


@pytest.mark.proves("C21", kind="negative")
def test_what_must_be_signed_and_is_not_is_refused(
    client: SigningClient, database: TestDatabase
) -> None:
    answer = client.add(None)
    assert outcome(answer) == (401, "signature-required")
    assert answer.headers["WWW-Authenticate"] == "Induct-Signature"
    assert database.rows(ALL) == [(0,)]


def test_a_token_that_is_no_signature_is_refused_without_saying_why(
    client: SigningClient, database: TestDatabase
) -> None:
    bearer = client.api.token("investigator", None, STUDY)
    whole = client.signature()
    answers = [
        client.add(token)
        for token in ("", " ", "x", bearer, whole[:-8], client.signature(at=old()))
    ]
    answers.append(client.api._run(_twice(client, whole)))
    for answer in answers:
        assert outcome(answer) == (401, "signature-invalid")
        assert answer.json().keys() == {"type", "title", "status"}
    assert database.rows(ALL) == [(0,)]


async def _twice(client: SigningClient, signature: str) -> httpx.Response:
    headers = [
        ("Authorization", "Bearer " + client.api.token("coordinator", None, STUDY)),
        ("Idempotency-Key", "twice"),
        ("Induct-Signature", signature),
        ("Induct-Signature", signature),
    ]
    url = f"/randomization/v1/studies/{STUDY}/things"
    return await client.api._client.post(url, headers=headers, json=thing())


@pytest.mark.parametrize(
    "said",
    [
        {"meaning": "approve-list"},
        {"role": "coordinator"},
        {"role": "admin"},
        {"study": "freireich-1963"},
        {"sites": ["S02"]},
    ],
)
def test_a_signature_of_another_meaning_role_study_or_site_does_not_fit(
    client: SigningClient, database: TestDatabase, said: dict[str, object]
) -> None:
    answer = client.add(client.signature(**said))
    assert outcome(answer) == (403, "signature-not-fitting")
    for value in ("approve-list", "freireich", "S02"):
        assert value not in answer.text
    assert database.rows(ALL) == [(0,)]


def test_a_signature_lets_nobody_in(client: SigningClient) -> None:
    headers = {"Authorization": f"Bearer {client.signature()}"}
    answer = client.api.get("/things", role=None, headers=headers)
    assert outcome(answer) == (401, "unauthenticated")


def test_a_signature_signs_one_thing(client: SigningClient, database: TestDatabase) -> None:
    signature = client.signature()
    assert client.add(signature).status_code == 201
    for subject in ("S01-001", "S01-002"):
        again = client.add(signature, json=thing(subject))
        assert outcome(again) == (409, "signature-used")
    assert database.rows(ALL) == [(1,)]


def test_a_signature_sent_with_many_things_at_once_signs_one(
    client: SigningClient, database: TestDatabase
) -> None:
    signature = client.signature()
    answers = client.api.together(
        client.adding(signature, json=thing(f"S01-{number:03}")) for number in range(1, 9)
    )
    assert (
        sorted(outcome(answer) for answer in answers) == [(201, "")] + [(409, "signature-used")] * 7
    )
    assert database.rows(ALL) == [(1,)]


def test_a_retry_is_answered_from_the_first_time_however_it_is_signed(
    client: SigningClient, database: TestDatabase
) -> None:
    first_signature = client.signature()
    first = client.add(first_signature, key="k")
    retries = [
        first_signature,
        None,
        client.signature(),
        client.signature(at=old()),
        client.signature(meaning="approve-list"),
        client.signature(content_sha256="0" * 64),
        "no token at all",
    ]
    for signature in retries:
        again = client.add(signature, key="k")
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["Idempotent-Replayed"] == "true"
    assert database.rows(ALL) == [(1,)]
    other = client.add(client.signature(), key="k", json=thing("S01-002"))
    assert outcome(other) == (422, "idempotency-key-reused")


def test_what_a_refusal_needed_can_be_sent_under_the_same_key(client: SigningClient) -> None:
    assert outcome(client.add(None, key="k")) == (401, "signature-required")
    assert client.add(client.signature(), key="k").status_code == 201


def test_a_signature_of_one_body_signs_no_other(
    client: SigningClient, database: TestDatabase
) -> None:
    signature = client.signature(content_sha256=content_hash(thing()))
    for other in (thing("S01-002"), thing(remark="none")):
        answer = client.add(signature, json=other)
        assert outcome(answer) == (403, "signature-not-fitting")
    assert database.rows(ALL) == [(0,)]
    spelled = json.dumps(dict(reversed(thing().items())), indent=4).encode()
    answer = client.api._run(_spelled(client, signature, spelled))
    assert answer.status_code == 201, answer.text


async def _spelled(client: SigningClient, signature: str, content: bytes) -> httpx.Response:
    headers = {"Induct-Signature": signature, "Content-Type": "application/json"}
    return await client.api.call("POST", "/things", headers=headers, content=content)


def test_what_is_not_signed_takes_no_notice_of_a_signature(client: SigningClient) -> None:
    for token in (None, "x", client.signature(at=old())):
        assert client.add(token, path="/plain", role="admin").status_code == 201


def test_a_read_beside_a_bad_signature_is_refused_too(client: SigningClient) -> None:
    answer = client.api.get("/things", headers={"Induct-Signature": "x"})
    assert outcome(answer) == (401, "signature-invalid")


def test_who_may_not_call_may_not_by_signing_either(client: SigningClient) -> None:
    assert outcome(client.add(client.signature(), role="sponsor")) == (403, "forbidden")
    assert outcome(client.add(client.signature(), sites=["S02"])) == (404, "not-found")


def test_no_log_line_holds_a_signature_or_a_name(
    client: SigningClient, log_lines: io.StringIO
) -> None:
    signature = client.signature(name="Eva Canary")
    for token in (signature, signature, signature[:-8], client.signature(at=old())):
        client.add(token)
    lines = log_lines.getvalue()
    assert len(lines.splitlines()) == 4
    assert not [word for word in ("eyJ", "Canary", signature[-40:]) if word in lines]


def test_the_test_client_signs_as_the_role_matrix_asks(client: SigningClient) -> None:
    # Of the service's own route, which has the same operation.
    api = client.api
    assert api._meaning("POST", "/allocations") == "eligible-and-randomize"
    assert api._meaning("GET", "/allocations/S01-001?x=1") == "nothing-asked"
    sent = {"role": "investigator", "meaning": "eligible-and-randomize"}
    assert api.post("/things", json=thing(), signed_by=sent).status_code == 201
    assert api.post("/things", json=thing(site="S02"), signed_by=sent, sites=["S02"]).is_success
