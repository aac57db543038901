"""After a restore nobody is allocated before what others saw is here again, exactly as it was."""

import re
from contextlib import closing
from typing import Any

import httpx
import pytest

from services.randomization.restored_schemas import LostAllocation
from services.randomization.schemas import AllocationRequest
from tests.services.randomization.bursts import behind_one_lock
from tests.services.randomization.downtime import kind
from tests.services.randomization.expected import LATE, STUDY, UNDER_24, contents
from tests.services.randomization.lost import (
    decide,
    enter,
    forget,
    hold,
    lost,
    propose,
    seen,
    step,
)
from tests.services.randomization.planting import change, note_all
from tests.services.randomization.sessions import Session, Watcher
from tests.services.randomization.world import open_sites, request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

CHILDREN = ["S01-001", "S01-002", "S01-003", "S01-004"]
ALLOCATIONS = """
    SELECT subject_id, position, arm, allocation_id::text, randomization_number, randomized_at
    FROM randomization.allocation ORDER BY position
"""
USED = "SELECT position, subject_id FROM randomization.slot WHERE subject_id IS NOT NULL ORDER BY 1"


def allocate(api: ApiClient, subject: str, **options: Any) -> httpx.Response:
    return api.post("/allocations", json=request(subject), **options)


def place(position: int, **changes: Any) -> dict[str, Any]:
    return {"list_id": "L1", "stratum": UNDER_24, "position": position} | changes


@pytest.fixture
def told(api: ApiClient, database: TestDatabase) -> list[dict[str, Any]]:
    """Four children were allocated, their sites hold the answers; all but the first are lost."""
    screen(database, *CHILDREN[2:], study=STUDY)
    answers = [allocate(api, child).json() for child in CHILDREN]
    screen(database, "S01-005", study=STUDY)
    return answers


@pytest.mark.proves("RND-8", kind="positive")
def test_lost_allocations_come_back_as_they_were_and_the_next_child_gets_the_next_position(
    api: ApiClient, database: TestDatabase, told: list[dict[str, Any]]
) -> None:
    before, events = database.rows(ALLOCATIONS), seen(database)
    heads = api.get("/balance", role="statistician").json()["chain_heads"]
    forget(database, *CHILDREN[1:])
    assert hold(database, events).held == [STUDY]
    assert kind(allocate(api, "S01-005")) == (503, "allocation-held")
    assert allocate(api, "S01-005").headers["Retry-After"] == "300"
    for answer in told[1:]:
        entered = enter(api, answer)
        assert entered.status_code == 201, entered.text
        assert entered.json() == answer | {"source": "restored", "deviations": []}
    assert database.rows(ALLOCATIONS) == before
    assert seen(database) == events
    assert api.get("/balance", role="statistician").json()["chain_heads"] == heads
    done = step(api, {"kind": "release", "seen": [place(4)]})
    assert (done.status_code, done.json()["state"]) == (200, "approved"), done.text
    assert allocate(api, "S01-005").json()["opening"]["position"] == 5
    assert not api.get("/hold", role="admin").json()["held"]


@pytest.mark.proves("RND-8", kind="negative")
def test_the_hold_ends_only_when_everything_seen_outside_is_here(
    api: ApiClient, database: TestDatabase, told: list[dict[str, Any]]
) -> None:
    events = seen(database)
    forget(database, *CHILDREN[1:])
    hold(database, events)
    early = propose(api, {"kind": "release", "seen": [place(4)]})
    assert kind(early) == (409, "step-refused")
    assert [(each["pointer"], each["code"]) for each in early.json()["errors"]] == [
        ("/without", "not-entered"), ("/without", "not-entered"), ("/without", "not-entered"),
        ("/seen/0/position", "not-reached"),
    ]  # fmt: skip
    enter(api, told[1])
    found = api.get("/hold", role="statistician").json()
    assert [(each["subject"], each["entered"]) for each in found["lost"]] == [
        ("S01-002", True), ("S01-003", False), ("S01-004", False),
    ]  # fmt: skip
    let_go = [{"subject": child, "reason": "never treated"} for child in CHILDREN[2:]]
    release = {"kind": "release", "without": let_go}
    assert step(api, release).status_code == 200
    assert allocate(api, "S01-005").json()["opening"]["position"] == 3


@pytest.mark.proves("RND-8", kind="positive")
def test_a_position_of_a_child_that_nobody_knows_is_voided_by_two_persons_and_passed_over(
    api: ApiClient, database: TestDatabase, told: list[dict[str, Any]]
) -> None:
    forget(database, *CHILDREN[1:])
    hold(database)
    assert kind(enter(api, told[2])) == (409, "position-out-of-order")
    proposed = propose(api, {"kind": "void", "place": place(2)})
    assert proposed.status_code == 201
    step_id = proposed.json()["step_id"]
    assert kind(decide(api, step_id, role="statistician")) == (409, "second-person-needed")
    signed = {"role": "statistician", "client": "statistician-client"}
    assert kind(decide(api, step_id, signed_by=signed)) == (409, "second-person-needed")
    assert kind(decide(api, step_id, signed_by="")) == (401, "signature-required")
    assert database.rows(USED) == [(1, "S01-001")]
    voided = decide(api, step_id)
    assert voided.status_code == 200, voided.text
    assert not any(f'"{arm}"' in voided.text for arm in ("INO", "ALLR3"))
    assert kind(decide(api, step_id)) == (409, "step-refused")
    assert enter(api, told[2]).status_code == 201
    assert [who for _, who in database.rows(USED)][2:] == ["S01-003"]
    ((arm, site),) = database.rows("SELECT arm, site_id FROM randomization.void_slot")
    assert (arm, site) == (contents("L1", UNDER_24)[1], None)
    assert step(api, {"kind": "release", "seen": [place(3)]}).status_code == 200
    assert allocate(api, "S01-002").json()["opening"]["position"] == 4
    note_all(database)
    assert api.post("/reconciliations", role="statistician").json()["differences"] == []


def test_a_rejected_step_does_nothing_and_another_may_follow(
    api: ApiClient, database: TestDatabase, told: list[dict[str, Any]]
) -> None:
    forget(database, *CHILDREN[1:])
    hold(database)
    first = propose(api, {"kind": "void", "place": place(2)}).json()["step_id"]
    assert kind(propose(api, {"kind": "release"})) == (409, "step-refused")
    rejected = decide(api, first, decision="reject", signed_by="")
    assert (rejected.status_code, rejected.json()["state"]) == (200, "rejected")
    assert database.rows(USED) == [(1, "S01-001")]
    assert step(api, {"kind": "release"}).status_code == 200
    assert kind(propose(api, {"kind": "release"})) == (409, "not-held")


@pytest.mark.parametrize(
    ("changes", "options", "refused"),
    [
        ({"proof": {"commitment": "00" * 32}}, {}, (422, "proof-refused")),
        ({"proof": {"position": 3}}, {}, (409, "position-out-of-order")),
        ({"proof": {"list_id": "L9"}}, {}, (422, "position-unknown")),
        ({"arm": "other"}, {}, (409, "not-as-seen")),
        ({"allocation_id": "00000000-0000-4000-8000-000000000001"}, {}, (409, "not-as-seen")),
        ({"randomized_at": "2025-01-01T00:00:00Z"}, {}, (409, "not-as-seen")),
        ({"randomized_at": "2999-01-01T00:00:00Z"}, {}, (422, "invalid-content")),
        ({"subject": "S01-404"}, {}, (422, "subject-unknown")),
        ({}, {"signed_by": ""}, (401, "signature-required")),
        ({}, {"sites": ["S02"]}, (422, "subject-unknown")),
        ({}, {"role": "statistician"}, (403, "forbidden")),
    ],
    ids=["commitment", "order", "list", "arm", "id", "instant", "future", "child", "unsigned",
         "another site", "role"],
)  # fmt: skip
@pytest.mark.proves("RND-8", kind="negative")
def test_what_is_not_as_others_saw_it_is_refused_and_takes_no_position(
    api: ApiClient, database: TestDatabase, told: list[dict[str, Any]],
    changes: dict[str, Any], options: dict[str, Any], refused: tuple[int, str],
) -> None:  # fmt: skip
    open_sites(api, "S02")
    events = seen(database)
    forget(database, *CHILDREN[1:])
    hold(database, events)
    if changes.get("arm"):
        changes = {"arm": next(arm for arm in ("INO", "ALLR3") if arm != told[1]["arm"])}
    assert kind(enter(api, told[1], changes=changes, **options)) == refused
    assert database.rows(USED) == [(1, "S01-001")]


def test_a_position_with_the_proof_of_another_is_refused_before_its_arm_is_looked_at(
    api: ApiClient, database: TestDatabase, told: list[dict[str, Any]]
) -> None:
    forget(database, *CHILDREN[1:])
    hold(database)
    another = {"proof": {"position": 2, "commitment": told[2]["opening"]["commitment"]}}
    both = [enter(api, told[1], changes=another | {"arm": arm}) for arm in ("INO", "ALLR3")]
    assert [kind(answer) for answer in both] == [(422, "proof-refused")] * 2
    without = {"proof": {"position": None}}
    assert enter(api, told[1], changes=without).status_code == 201


def test_the_same_entry_again_is_answered_the_same_and_the_first_request_finds_its_answer(
    api: ApiClient, database: TestDatabase, told: list[dict[str, Any]]
) -> None:
    forget(database, "S01-004")
    hold(database)
    entered = enter(api, told[3])
    again = enter(api, told[3])
    assert (entered.status_code, again.status_code) == (201, 200)
    assert again.json() == entered.json()
    changed = enter(api, told[3], changes={"values": request(**LATE)["values"]})
    assert kind(changed) == (409, "already-allocated")
    retried = allocate(api, "S01-004")
    assert retried.status_code == 200
    assert retried.json()["allocation_id"] == told[3]["allocation_id"]
    assert kind(enter(api, told[0])) == (409, "already-allocated")


def test_the_same_entry_twice_at_once_is_answered_twice_with_one_allocation(
    api: ApiClient, database: TestDatabase, told: list[dict[str, Any]]
) -> None:
    forget(database, *CHILDREN[1:])
    hold(database)
    body = lost(told[1])
    calls = [api.call("POST", "/hold/allocations", json=body, key=key) for key in "ab"]
    answers = behind_one_lock(api, database, calls)
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert answers[0].content == answers[1].content


def test_nothing_is_entered_voided_or_released_without_a_hold(
    api: ApiClient, database: TestDatabase, told: list[dict[str, Any]]
) -> None:
    forget(database, "S01-004")
    assert kind(enter(api, told[3])) == (409, "not-held")
    assert kind(propose(api, {"kind": "void", "place": place(4)})) == (409, "not-held")
    assert kind(propose(api, {"kind": "release"})) == (409, "not-held")
    assert allocate(api, "S01-005").status_code == 201


@pytest.mark.proves("RND-8", kind="positive")
def test_a_database_of_another_life_is_held_though_nobody_said_so_until_it_is_released(
    api: ApiClient, database: TestDatabase, told: list[dict[str, Any]]
) -> None:
    change(database, "UPDATE randomization.incarnation SET incarnation = '1/00000001'")
    assert kind(allocate(api, "S01-005")) == (503, "allocation-held")
    assert allocate(api, "S01-001").status_code == 200
    found = api.get("/hold", role="admin").json()
    assert (found["held"], found["reason"]) == (True, None)
    assert step(api, {"kind": "release", "seen": [place(4)]}).status_code == 200
    assert allocate(api, "S01-005").json()["opening"]["position"] == 5


def test_a_server_that_cannot_tell_its_life_allocates_and_is_held_by_a_person_alone(
    api: ApiClient, database: TestDatabase, told: list[dict[str, Any]]
) -> None:
    with database.admin() as admin:
        admin.execute("ALTER FUNCTION platform.incarnation() RENAME TO told_by_others")
        admin.execute(
            "CREATE FUNCTION platform.incarnation() RETURNS text LANGUAGE sql VOLATILE"
            " AS 'SELECT NULL::text'"
        )
        admin.execute("GRANT EXECUTE ON FUNCTION platform.incarnation() TO induct_owner")
    assert allocate(api, "S01-005").json()["opening"]["position"] == 5
    hold(database)
    screen(database, "S01-006", study=STUDY)
    assert kind(allocate(api, "S01-006")) == (503, "allocation-held")
    assert step(api, {"kind": "release", "seen": [place(5)]}).status_code == 200
    assert allocate(api, "S01-006").json()["opening"]["position"] == 6


def test_a_server_that_may_not_look_at_itself_says_that_it_does_not_know(
    database: TestDatabase,
) -> None:
    ((known,),) = database.rows("SELECT platform.incarnation()")
    assert re.fullmatch(r"[0-9]+/[0-9A-F]{8}", str(known))
    with database.admin() as admin:
        admin.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
        admin.execute("SET ROLE induct_owner")
        assert admin.execute("SELECT platform.incarnation()").fetchone() == (None,)


def test_a_hold_is_told_once_and_names_who_when_and_why_in_the_trail(
    api: ApiClient, database: TestDatabase
) -> None:
    assert hold(database).held == [STUDY]
    assert hold(database, actor="B. Operator").held == []
    found = api.get("/hold", role="admin").json()
    assert (found["held"], found["opened_by"]) == (True, "A. Operator")
    step(api, {"kind": "release"})
    trail = database.rows(
        "SELECT DISTINCT field, new_value, actor FROM platform.audit"
        " WHERE table_name = 'randomization.hold' AND field IN ('opened_by', 'released_by')"
    )
    assert sorted(trail) == [
        ("opened_by", "A. Operator", "A. Operator"),
        ("released_by", "admin-client", "admin-client"),
    ]


@pytest.mark.proves("RND-8", kind="fault")
def test_a_hold_waits_for_the_allocation_under_way_and_whoever_waits_behind_it_gets_nothing(
    api: ApiClient, two: tuple[Session, Session], watch: Watcher, database: TestDatabase
) -> None:
    first, second = two
    taken = first.take("S01-001")
    with closing(Session(database, "induct_platform")) as operator:
        say = "SELECT randomization.open_hold(%s, 'A. Operator', 'restored')"
        opening = operator.later(lambda: operator.execute(say, STUDY))
        watch.until_waits(operator.pid, first.pid, opening)
        first.record(taken)
        first.commit()
        opening.result()
        asking = second.later(lambda: allocate(api, "S01-002"))
        assert watch.blocked_by(operator.pid)
        operator.commit()
        assert kind(asking.result()) == (503, "allocation-held")
    assert database.rows(USED) == [(1, "S01-001")]


def test_rules_that_speak_against_a_lost_allocation_are_told_and_refuse_nothing(
    api: ApiClient, database: TestDatabase, told: list[dict[str, Any]]
) -> None:
    forget(database, *CHILDREN[1:])
    hold(database)
    paused = {"state": "paused", "reason": "after the restore"}
    assert api.post("/enrolment/state", role="admin", json=paused).status_code == 200
    entered = enter(api, told[1], changes={"values": request(cd22_positive=False)["values"]})
    assert entered.status_code == 201, entered.text
    assert "study-paused" in entered.json()["deviations"]
    assert len(entered.json()["deviations"]) == 2


def test_a_lost_allocation_is_what_was_asked_for_and_what_the_site_was_told() -> None:
    ours = {"proof", "arm", "randomized_at", "allocation_id", "reason"}
    assert LostAllocation.model_fields.keys() - AllocationRequest.model_fields.keys() == ours
