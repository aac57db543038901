"""Late entries: recorded as they were, and refused only where they cannot have been so."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.services.randomization.bursts import behind_one_lock
from tests.services.randomization.downtime import (
    ACTIVE,
    ARMS,
    BORN,
    NOW,
    OPENED,
    OTHER,
    PROBLEM,
    Site,
    kind,
    used,
)
from tests.services.randomization.expected import STUDY, UNDER_24, contents
from tests.services.randomization.world import (
    open_sites,
    request,
    screen,
)
from tests.support.database import TestDatabase


def test_a_late_entry_is_the_allocation_of_the_moment_the_envelope_was_opened(
    site: Site, database: TestDatabase
) -> None:
    answer = site.enter()
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["source"], body["arm"], body["stratum"]) == ("backup", ARMS[0], UNDER_24)
    assert datetime.fromisoformat(body["randomized_at"]) == OPENED
    assert (body["list_id"], body["deviations"]) == ("D1", [])
    assert used(database) == [("D1", UNDER_24, 1, "S01-001")]
    assert database.rows(
        "SELECT recorded_at > now() - interval '1 minute' FROM randomization.allocation"
    ) == [(True,)]


def test_the_central_list_does_not_move(site: Site) -> None:
    assert site.enter().status_code == 201
    arm = site.api.post("/allocations", json=request("S01-002"), at=NOW).json()["arm"]
    assert arm == contents("L1", UNDER_24)[0]


@pytest.mark.proves("C35", kind="positive")
def test_a_late_entry_proves_its_arm_against_the_manifest(site: Site) -> None:
    opening = site.enter().json()["opening"]
    assert (opening["list_id"], opening["position"]) == ("D1", 1)
    assert opening["content"] == ARMS[0]


def test_the_same_entry_again_is_answered_the_same(site: Site, database: TestDatabase) -> None:
    first = site.enter(site.body(values={"cd22_positive": False}))
    again = site.enter(site.body(values={"cd22_positive": False}))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.content == first.content
    assert len(used(database)) == 1


def test_the_same_entry_twice_at_once_is_answered_twice_with_one_allocation(
    site: Site, database: TestDatabase
) -> None:
    """The second has seen a child without an arm, and finds its envelope used."""
    calls = [
        site.api.call("POST", "/allocations/backup", json=site.body(), key=key, at=NOW)
        for key in "ab"
    ]
    answers = behind_one_lock(site.api, database, calls)
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert answers[0].content == answers[1].content
    assert len(used(database)) == 1


def test_another_entry_for_the_same_child_is_refused(site: Site, database: TestDatabase) -> None:
    site.enter()
    assert kind(site.enter(site.body(position=2))) == (409, "already-allocated")
    assert kind(site.api.post("/allocations", json=request(), at=NOW)) == (
        409,
        "already-allocated",
    )
    assert len(used(database)) == 1


def test_a_child_allocated_by_the_system_has_no_envelope(site: Site) -> None:
    assert site.api.post("/allocations", json=request(), at=NOW).status_code == 201
    assert kind(site.enter()) == (409, "already-allocated")


def test_envelopes_are_used_in_their_order(site: Site, database: TestDatabase) -> None:
    assert kind(site.enter(site.body(position=2))) == (409, "envelope-out-of-order")
    assert used(database) == []
    assert site.enter(site.body()).status_code == 201
    assert kind(site.enter(site.body("S01-002"))) == (409, "envelope-out-of-order")
    assert site.enter(site.body("S01-002", 2)).status_code == 201


def test_a_stated_arm_that_the_envelope_does_not_hold_is_refused(
    site: Site, database: TestDatabase
) -> None:
    answer = site.enter(site.body(arm=OTHER[ARMS[0]]))
    assert kind(answer) == (409, "envelope-arm")
    assert used(database) == []


@pytest.mark.proves("C35", kind="negative")
@pytest.mark.parametrize("arm", ["INO", "ALLR3"])
def test_without_its_code_nobody_learns_what_an_envelope_holds(
    site: Site, database: TestDatabase, arm: str
) -> None:
    """Both arms are answered the same: the next one cannot be found by trying."""
    wrong = site.code(UNDER_24, 2)
    answer = site.enter(site.body(arm=arm, envelope={"code": wrong}))
    assert kind(answer) == (422, "envelope-code")
    assert answer.json() == {
        "type": PROBLEM + "envelope-code",
        "title": "This code does not open the envelope",
        "status": 422,
    }
    assert used(database) == []


@pytest.mark.parametrize(
    "envelope",
    [{"list_id": "L1"}, {"list_id": "D9"}, {"stratum": "age_group=lt5"}, {"position": 99}],
)
def test_an_unknown_envelope_is_refused(site: Site, envelope: dict[str, Any]) -> None:
    assert kind(site.enter(site.body(envelope=envelope))) == (422, "envelope-unknown")


def test_an_envelope_of_another_site_is_unknown(site: Site, database: TestDatabase) -> None:
    open_sites(site.api, "S02")
    screen(database, "S02-001", site="S02", study=STUDY, born=BORN)
    body = site.body("S02-001") | {"site": "S02"}
    assert kind(site.enter(body, sites=["S02"])) == (422, "envelope-unknown")


def test_a_child_of_another_site_does_not_exist(site: Site, database: TestDatabase) -> None:
    open_sites(site.api, "S02")
    screen(database, "S02-001", site="S02", study=STUDY, born=BORN)
    foreign = site.enter(site.body("S02-001") | {"site": "S02"})
    absent = site.enter(site.body("S02-999") | {"site": "S02"})
    assert (foreign.status_code, foreign.json()) == (absent.status_code, absent.json())
    assert kind(foreign) == (422, "subject-unknown")


def test_a_late_entry_without_a_signature_is_refused(site: Site, database: TestDatabase) -> None:
    assert kind(site.enter(signed_by="")) == (401, "signature-required")
    other = site.enter(signed_by={"role": "investigator", "sites": ["S02"]})
    assert kind(other) == (403, "signature-not-fitting")
    assert used(database) == []


@pytest.mark.parametrize(
    ("opened_at", "code"),
    [
        (NOW + timedelta(seconds=1), "in-the-future"),
        (ACTIVE - timedelta(seconds=1), "before-activation"),
    ],
)
def test_an_envelope_was_opened_after_it_was_there_and_before_now(
    site: Site, opened_at: datetime, code: str
) -> None:
    answer = site.enter(site.body(opened_at=opened_at.isoformat()))
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/opened_at", code)]


def test_a_moment_without_its_offset_is_refused(site: Site) -> None:
    assert site.enter(site.body(opened_at="2026-03-03T10:30:00")).status_code == 422


@pytest.mark.parametrize("state", ["suspended", "closed"])
def test_nothing_is_entered_from_a_list_that_is_not_in_force(site: Site, state: str) -> None:
    change = {"state": state, "reason": "not in use"}
    assert site.api.post("/lists/D1/state", role="admin", json=change).status_code == 200
    told = {"suspended": "list-suspended", "closed": "no-active-list"}[state]
    assert kind(site.enter()) == (409, told)


def test_a_training_envelope_is_never_used_live(site: Site, database: TestDatabase) -> None:
    with database.admin() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE platform.study SET mode = 'live'")
        connection.execute("UPDATE randomization.list SET activated_at = '2020-01-01Z'")
    # A live study refuses a named time, so the envelope was opened in a past that is past for all.
    body = site.body(opened_at="2020-01-02T09:00:00Z")
    assert kind(site.enter(body, at=None)) == (409, "wrong-mode")
    assert used(database) == []


def test_an_altered_slot_suspends_the_list_and_tells_no_arm(
    site: Site, database: TestDatabase
) -> None:
    with database.admin() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE randomization.slot SET ciphertext = (SELECT o.ciphertext FROM"
            " randomization.slot o WHERE o.list_id = 'D1' AND o.label = slot.label"
            " AND o.position = 2) WHERE list_id = 'D1' AND position = 1"
        )
    answer = site.enter()
    assert kind(answer) == (409, "list-broken")
    assert database.rows("SELECT state FROM randomization.list WHERE list_id = 'D1'") == [
        ("suspended",)
    ]
    assert used(database) == []


# --- Deviations ----------------------------------------------------------------------------------
