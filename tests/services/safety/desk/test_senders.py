"""Who the desk's system is: approved by two, signed by the library, told apart from all others."""

import json
from datetime import timedelta

import pytest

from tests.services.safety.desk.system import (
    DeskSystem,
    now,
    number,
    parked,
)
from tests.services.safety.life import Life
from tests.support.api import ApiClient
from tests.support.database import TestDatabase


def test_two_secrets_hold_while_one_is_changed_over_and_an_old_one_no_more(
    life: Life, desk: DeskSystem, database: TestDatabase
) -> None:
    old, told = desk.secret, {"case_number": number(life), "desk_number": "D-1"}
    new = desk.rotate(24)
    assert new != old
    for secret in (old, new):
        assert desk.send("case.number_assigned", secret=secret, **told).status_code == 200
    third = life.api.post(
        f"/desk-senders/{desk.id}/secrets", json={"overlap_hours": 1}, role="admin"
    )
    assert third.json()["type"].endswith("sender-state"), "never three"
    last = desk.rotate(0)
    for secret in (old, new):
        assert desk.send("case.number_assigned", secret=secret, **told).status_code == 401
    assert desk.send("case.number_assigned", secret=last, **told).status_code == 200
    stored = str(database.rows("SELECT sealed FROM safety.desk_secret"))
    stored += str(database.rows("SELECT body FROM platform.idempotency"))
    for secret in (old, new, last):
        assert secret.removeprefix("whsec_") not in stored


@pytest.mark.proves("C16", kind="negative")
def test_whoever_is_not_the_desk_is_told_nothing_and_leaves_no_trace(
    life: Life, desk: DeskSystem, database: TestDatabase
) -> None:
    told = {"case_number": number(life), "desk_number": "D-1"}
    foreign = "whsec_" + "A" * 43 + "="
    tries = [
        desk.send("case.number_assigned", secret=foreign, **told),
        desk.send("case.number_assigned", at=now() - timedelta(minutes=6), **told),
        desk.send("case.number_assigned", study="OTHER", **told),
        desk.send("no JSON at all", secret=foreign, sent="{"),
    ]
    stranger, desk.id = desk.id, "00000000-0000-4000-8000-000000000001"
    tries.append(desk.send("case.number_assigned", **told))
    desk.id = "nobody"
    tries.append(desk.send("case.number_assigned", **told))
    desk.id = stranger
    assert {(each.status_code, each.content) for each in tries} == {(401, tries[0].content)}
    life.api.post(f"/desk-senders/{desk.id}/retirement", role="admin")
    assert desk.send("case.number_assigned", **told).status_code == 401
    assert database.rows("SELECT count(*) FROM safety.desk_message") == [(0,)]
    assert life.read(query="/desk")["desk_number"] is None


BAD: dict[str, tuple[str, int, str]] = {
    "no JSON": ("{", 400, "malformed-request"),
    "a name twice": ('{"type": "a", "type": "b"}', 400, "malformed-request"),
    "an unknown type": (('{"type": "case.deleted", "timestamp": "2026-02-21T10:00:00Z",'
                        ' "data": {}}'), 422, "invalid-content"),
    "an unknown field": (
        ('{"type": "case.number_assigned", "timestamp": "2026-02-21T10:00:00Z", "data":'
        ' {"case_number": "NCT05748171-0001", "desk_number": "D", "arm": "INO"}}'),
        422, "invalid-content"),
    "too much": (json.dumps({"x": "y" * 70_000}), 413, "too-large"),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "status", "kind"), BAD.values(), ids=BAD)
def test_what_the_desk_sends_badly_is_refused_by_its_place_without_an_echo(
    life: Life, desk: DeskSystem, sent: str, status: int, kind: str
) -> None:
    refused = desk.send("-", sent=sent)
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (status, kind)
    assert "INO" not in refused.text.replace("urn:", "")
    assert parked(life) == []


def test_a_sender_is_approved_by_somebody_else_and_its_secret_shown_once(
    api: ApiClient,
) -> None:
    asked = api.post("/desk-senders", json={"name": "x"}, role="safety_desk", client="one").json()
    where = f"/desk-senders/{asked['sender_id']}/approval"
    assert api.post(where, role="safety_desk").status_code == 403
    same = api.post(where, role="admin", client="one")
    assert same.json()["type"].endswith("second-person-needed")
    made = api.post(where, role="admin", client="two", key="k")
    assert made.json()["secret"].startswith("whsec_")
    assert api.post(where, role="admin", client="two", key="k").json() == made.json()
    assert api.post(where, role="admin", client="two").json()["type"].endswith("sender-state")
    (listed,) = api.get("/desk-senders", role="safety_desk").json()["items"]
    assert (listed["state"], listed["secrets"], "secret" in listed) == ("active", [None], False)


def test_the_face_answers_other_addresses_and_methods_with_problems(api: ApiClient) -> None:
    path = "//safety-desk/v1/studies/S/senders/x/messages"
    assert api.get(path, role=None).status_code == 405
    assert api.get("//safety-desk/elsewhere", role=None).json()["status"] == 404
