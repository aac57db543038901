"""A status: each number is the one that it is named for, and is held against its goal."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from infra.database.sli import Sli, judged, measure
from shared.study import StudyDefinition
from tests.services.randomization.lost import hold
from tests.services.randomization.world import open_trial, request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
OBLIGATION = """
    INSERT INTO safety.obligation (obligation_id, case_id, study_id, site_id, subject_id, clock_id,
        rule_version, label, authority, regulation, day_zero, due_on, due_at, due_zone, provisional,
        reason, state, began_at, simulated)
    SELECT gen_random_uuid(), gen_random_uuid(), 'S', 'S01', 'S01-001', 'c' || n, '1', 'l', 'a',
        'r', current_date, current_date, now() + (100 - used) * interval '1 minute', 'UTC', false,
        'r', state, now() - used * interval '1 minute', simulated
    FROM (VALUES (1, 40, 'open', false), (2, 60, 'open', false), (3, 80, 'handed_off', false),
                 (4, 95, 'open', false), (5, 120, 'open', false), (6, 120, 'submitted', false),
                 (7, 120, 'open', true)) AS v (n, used, state, simulated)
"""


def measured(database: TestDatabase, proven_at: datetime | None = None) -> dict[str, Sli]:
    found = measure(database.url("induct_platform"), proven_at)
    return {each.id: each for each in found}


def evil(database: TestDatabase, *statements: str) -> None:
    with database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        for statement in statements:
            admin.execute(statement.encode())


def test_where_nothing_is_there_yet_nothing_is_wrong(database: TestDatabase) -> None:
    found = measured(database)
    assert [each.id for each in found.values() if each.good is False] == []
    assert {name for name, each in found.items() if each.value is None} == {
        "list_left", "night_age", "proof_age",
    }  # fmt: skip


def test_what_waits_and_what_lies_dead_is_told_by_its_age_and_number(
    database: TestDatabase,
) -> None:
    waiting = "gen_random_uuid(), '{}', '%s', now() - interval '10 minutes'"
    evil(
        database,
        "INSERT INTO platform.delivery (consumer, event_id, envelope, state, created_at) VALUES"
        f" ('a', {waiting % 'dead'}), ('a', {waiting % 'leased'}), ('a', {waiting % 'done'})",
        "INSERT INTO platform.outbox (study_id, stream, version, type, envelope, created_at)"
        " VALUES ('S', 's', 1, 't', '{}', now() - interval '299 seconds')",
    )
    found = measured(database)
    assert (found["dead_letters"].value, found["dead_letters"].good) == (1, False)
    assert found["outbox_oldest"].value == pytest.approx(299, abs=1)
    assert found["outbox_oldest"].good
    assert found["deliveries_oldest"].value == pytest.approx(600, abs=1)
    assert found["deliveries_oldest"].good is False


def test_due_dates_are_told_by_the_share_of_their_time_that_is_used(
    database: TestDatabase,
) -> None:
    evil(database, OBLIGATION)
    found = measured(database)
    shares = ("due_half", "due_three_quarters", "due_nine_tenths", "due_missed")
    assert [found[name].value for name in shares] == [4, 3, 2, 1]
    assert [found[name].good for name in shares] == [None, None, False, False]


def test_the_stratum_with_the_least_numbers_left_tells_how_far_a_list_goes(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], StudyDefinition],
    database: TestDatabase,
) -> None:
    activate(STUDY)
    api = client_for("randomization")
    open_trial(api)
    assert measured(database)["list_left"].value == 100
    screen(database, "S01-001", study=STUDY)
    assert api.post("/allocations", json=request("S01-001")).status_code == 201
    ((size,),) = database.rows(
        "SELECT count(*) FROM randomization.slot WHERE label = (SELECT label FROM"
        " randomization.slot WHERE subject_id IS NOT NULL)"
    )
    left = measured(database)["list_left"]
    assert left.value == pytest.approx(100 * (1 - 1 / int(str(size))), abs=0.06)
    assert left.good
    evil(database, "UPDATE randomization.slot SET subject_id = 'x' || label || position")
    assert (measured(database)["list_left"].value, measured(database)["list_left"].good) == (
        0,
        False,
    )


def test_a_proof_of_the_day_before_yesterday_is_too_old(database: TestDatabase) -> None:
    now = datetime.now(UTC)
    for hours, good in ((25.9, True), (26.1, False)):
        found = measured(database, now - timedelta(hours=hours))["proof_age"]
        assert (found.value, found.good) == (pytest.approx(hours, abs=0.06), good)


def test_a_guard_that_is_off_and_a_setting_that_loses_writes_are_faults(
    database: TestDatabase,
) -> None:
    evil(database, "ALTER TABLE randomization.site DISABLE TRIGGER audit")
    assert measured(database)["guards_touched"].good is False
    lossy = database.url("induct_platform") + "?options=-csynchronous_commit%3Doff"
    (durable,) = (each for each in measure(lossy, None) if each.id == "not_durable")
    assert (durable.value, durable.good) == (1, False)


def test_a_limit_itself_is_good_and_what_has_none_is_neither() -> None:
    told = [
        {"id": "most", "title": "t", "unit": "s", "at_most": 2},
        {"id": "least", "title": "t", "unit": "%", "at_least": 20},
        {"id": "none", "title": "t", "unit": ""},
    ]
    kept = judged({"most": 2, "least": 20, "none": 9}, told)
    broken = judged({"most": 2.1, "least": 19.9, "none": 9}, told)
    missing = judged({"most": None, "least": None, "none": None}, told)
    assert [each.good for each in kept] == [True, True, None]
    assert [each.good for each in broken] == [False, False, None]
    assert [each.good for each in missing] == [None, None, None]
    assert [each.limit for each in kept] == ["at most 2 s", "at least 20 %", ""]


def test_a_study_that_is_held_after_a_restore_is_counted_whoever_holds_it(
    activate: Callable[[str], StudyDefinition], database: TestDatabase
) -> None:
    activate(STUDY)
    assert (measured(database)["studies_held"].value, hold(database).held) == (0, [STUDY])
    held = measured(database)["studies_held"]
    assert (held.value, held.good) == (1, False)
    evil(database, "DELETE FROM randomization.hold")
    assert measured(database)["studies_held"].good
    evil(database, "UPDATE randomization.incarnation SET incarnation = '1/00000001'")
    assert measured(database)["studies_held"].value == 1
