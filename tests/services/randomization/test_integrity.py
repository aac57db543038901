"""What the owner of the database does to slots and allocations shows, and gives nobody an arm."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.randomization.downtime import Site, kind, used
from tests.services.randomization.expected import UNDER_24
from tests.services.randomization.planting import change, note_all
from tests.services.randomization.test_minimisation_live import allocate, trial
from tests.services.randomization.world import request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
NEXT = f"WHERE list_id = 'L1' AND label = '{UNDER_24}' AND position = 2"
COMMITTED = """
    UPDATE randomization.slot SET commitment = sha256(commitment) WHERE subject_id = 'S01-001'
"""
SWAP = "arm = CASE arm WHEN 'INO' THEN 'ALLR3' ELSE 'INO' END"


@pytest.fixture
def one(api: ApiClient, database: TestDatabase) -> ApiClient:
    """S01-001 is allocated and noted; S01-002 is in screening."""
    assert api.post("/allocations", json=request()).status_code == 201
    note_all(database)
    return api


def alter(database: TestDatabase, arm: str = SWAP, subject: str = "S01-001") -> None:
    change(database, f"UPDATE randomization.allocation SET {arm} WHERE subject_id = %s", subject)


def state(database: TestDatabase, list_id: str) -> object:
    query = "SELECT state FROM randomization.list WHERE list_id = %s"
    return database.rows(query, list_id)[0][0]


def night(api: ApiClient, role: str = "data_manager") -> list[tuple[str, str | None]]:
    answer = api.post("/reconciliations", role=role)
    assert answer.status_code == 201, answer.text
    return [(one["kind"], one["subject"]) for one in answer.json()["differences"]]


@pytest.mark.parametrize(
    "evil",
    [
        f"UPDATE randomization.slot SET subject_id = 'GHOST' {NEXT}",
        f"UPDATE randomization.slot SET position = 999 {NEXT}",
        f"DELETE FROM randomization.slot {NEXT}",
        "UPDATE randomization.slot SET subject_id = NULL WHERE subject_id = 'S01-001'",
        "DELETE FROM randomization.allocation",
    ],
    ids=["marked", "moved", "removed", "made free", "allocation removed"],
)
def test_a_slot_that_was_tampered_with_is_not_passed_over(
    one: ApiClient, database: TestDatabase, evil: str
) -> None:
    change(database, evil)
    assert kind(one.post("/allocations", json=request("S01-002"))) == (409, "list-broken")
    assert state(database, "L1") == "suspended"
    rows = database.rows("SELECT envelope->'data'->>'cause' FROM platform.outbox"
                         " WHERE type = 'list.suspended'")  # fmt: skip
    assert rows == [("check-failed",)]
    assert database.rows("SELECT outcome, problem FROM randomization.attempt"
                         " WHERE subject_id = 'S01-002'") == [(409, "list-broken")]  # fmt: skip


def test_the_last_slot_of_a_list_is_not_passed_over_to_its_extension_either(
    one: ApiClient, database: TestDatabase
) -> None:
    change(
        database,
        "UPDATE randomization.slot SET subject_id = 'G' || leaf_index WHERE subject_id IS NULL",
    )
    assert kind(one.post("/allocations", json=request("S01-002"))) == (409, "list-broken")


def test_an_envelope_that_was_tampered_with_is_not_passed_over(
    site: Site, database: TestDatabase
) -> None:
    change(
        database,
        "UPDATE randomization.slot SET subject_id = 'GHOST' WHERE list_id = 'D1' AND position = 1"
        f" AND label = '{UNDER_24}'",
    )
    assert kind(site.enter(site.body(position=2))) == (409, "list-broken")
    assert state(database, "D1") == "suspended"
    assert used(database) == [("D1", UNDER_24, 1, "GHOST")]


@pytest.mark.proves("RND-3", kind="negative")
@pytest.mark.parametrize("path", ["", "/S01-001", "/S01-001/confirmation"])
@pytest.mark.parametrize("role", ["investigator", "statistician", "data_manager"])
def test_an_altered_arm_is_told_to_nobody(
    one: ApiClient, database: TestDatabase, log_lines: Any, path: str, role: str
) -> None:
    alter(database)
    answer = one.get(f"/allocations{path}", role=role)
    assert kind(answer) == (409, "allocation-altered")
    assert '"level": "critical"' in log_lines.getvalue()
    assert '"INO"' not in answer.text


def test_an_altered_arm_is_not_told_by_the_request_again_either(
    one: ApiClient, database: TestDatabase
) -> None:
    alter(database)
    assert kind(one.post("/allocations", json=request())) == (409, "allocation-altered")


def test_an_opening_altered_along_with_the_arm_does_not_fit_its_commitment(
    one: ApiClient, database: TestDatabase
) -> None:
    told = "jsonb_set(opening, '{content}', to_jsonb('X'::text))"
    alter(database, f"arm = 'X', opening = {told}")
    assert kind(one.get("/allocations/S01-001")) == (409, "allocation-altered")


def test_an_altered_arm_of_a_minimisation_is_told_to_nobody(
    variant: Callable[..., ApiClient], database: TestDatabase
) -> None:
    api = trial(variant, database, 2)
    subject = allocate(api, 2, "lt24m")["subject"]
    assert api.get(f"/allocations/{subject}").status_code == 200
    alter(database, subject=subject)
    assert kind(api.get(f"/allocations/{subject}")) == (409, "allocation-altered")
    alter(database, f"{SWAP}, fake_arm = 'INO'", subject)
    assert kind(api.get(f"/allocations/{subject}")) == (409, "allocation-altered")


@pytest.mark.parametrize(
    ("evil", "found"),
    [
        (f"UPDATE randomization.allocation SET {SWAP}", ("allocation-altered", "S01-001")),
        (f"UPDATE randomization.slot SET subject_id = 'GHOST' {NEXT}",
         ("slot-without-allocation", "GHOST")),
        ("UPDATE randomization.slot SET subject_id = NULL", ("allocation-without-slot", "S01-001")),
        ("UPDATE randomization.slot SET subject_id = 'S01-002' WHERE subject_id = 'S01-001'",
         ("slot-of-another", "S01-001")),
        (COMMITTED, ("opening-altered", "S01-001")),
        ("UPDATE randomization.list SET root = sha256(root)", ("opening-altered", "S01-001")),
        ("UPDATE randomization.allocation SET position = 2", ("chain-altered", None)),
    ],
    ids=["arm", "marked", "made free", "owner", "commitment", "root", "place"],
)  # fmt: skip
def test_the_night_finds_what_does_not_fit(
    one: ApiClient, database: TestDatabase, evil: str, found: tuple[str, str | None]
) -> None:
    assert night(one) == []
    change(database, evil)
    assert found in night(one)


@pytest.mark.parametrize(
    "evil",
    [
        "randomized_at = randomized_at + interval '1 second'",
        "randomization_number = 'R-ANOTHER'",
    ],
)
def test_a_link_that_is_another_one_than_the_night_before_is_told_every_night(
    one: ApiClient, database: TestDatabase, evil: str
) -> None:
    assert night(one) == []
    screen(database, "S01-003", study=STUDY)
    assert one.post("/allocations", json=request("S01-003")).status_code == 201
    note_all(database)
    assert night(one) == []
    change(database, f"UPDATE randomization.allocation SET {evil} WHERE subject_id = 'S01-001'")
    note_all(database)
    assert night(one) == night(one) == [("chain-altered", None)]


def test_an_allocation_removed_without_a_trace_is_missed_in_its_chain(
    one: ApiClient, database: TestDatabase
) -> None:
    assert night(one) == []
    change(database, "DELETE FROM randomization.allocation")
    change(database, "UPDATE randomization.slot SET subject_id = NULL")
    change(database, "UPDATE assessments.subject SET state = 'screening', randomized_at = NULL")
    assert night(one) == [("chain-altered", None)]


def test_the_heads_are_kept_and_answered_to_nobody(one: ApiClient, database: TestDatabase) -> None:
    night(one)
    ((heads,),) = database.rows("SELECT heads FROM randomization.reconciliation")
    assert isinstance(heads, list)
    (kept,) = heads
    assert (kept["list_id"], kept["stratum"], kept["used"]) == ("L1", UNDER_24, 1)
    for role in ("data_manager", "statistician"):
        assert kept["head"] not in one.get("/reconciliations", role=role).text


def test_a_forced_arm_is_held_against_its_proposal(api: ApiClient, database: TestDatabase) -> None:
    levels = {"age_group": "lt10", "first_remission": "lt24m"}
    body = {
        "subject": "S01-001",
        "site": "S01",
        "levels": levels,
        "arm": "ALLR3",
        "reason": "a test",
    }
    made = api.post("/forced-allocations", role="statistician", json=body).json()["proposal"]
    path, agreed = (
        f"/forced-allocations/{made}/decision",
        {"decision": "approve", "reason": "a test"},
    )
    api.post(path, role="statistician", client="approver", json=agreed)
    note_all(database)
    assert night(api) == []
    alter(database)
    assert night(api) == [("allocation-altered", "S01-001")]
