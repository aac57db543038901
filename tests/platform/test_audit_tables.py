"""The tables beside the trail: a row that never changes is as the trail tells."""

from collections.abc import Callable

import pytest

from infra.database.audit import altered_rows
from shared.study import StudyDefinition
from tests.services.randomization.world import open_trial, request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
ADDED = """
    INSERT INTO randomization.in_error
    SELECT (jsonb_populate_record(e, '{"subject_id": "S01-002"}')).* FROM randomization.in_error e
"""


@pytest.fixture
def trial(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], StudyDefinition],
    database: TestDatabase,
) -> TestDatabase:
    """Two children allocated, one of them in error and with a corrected stratum."""
    activate(STUDY)
    api = client_for("randomization")
    open_trial(api)
    screen(database, "S01-001", "S01-002", study=STUDY)
    for subject in ("S01-001", "S01-002"):
        assert api.post("/allocations", json=request(subject)).status_code == 201
    path = "/allocations/S01-001/in-error"
    mark = {"category": "ineligible", "reason": "a test"}
    assert api.post(path, role="admin", json=mark).status_code == 200
    levels = {"age_group": "lt10", "first_remission": "ge24m"}
    body = {"levels": levels, "reason": "a test"}
    assert api.post("/allocations/S01-001/stratum", json=body).status_code == 200
    return database


def altered(database: TestDatabase) -> list[str]:
    return [str(fault) for fault in altered_rows(database.url("induct_platform"))]


def test_rows_as_they_were_entered_are_whole(trial: TestDatabase) -> None:
    assert altered(trial) == []


def test_a_session_in_another_time_zone_finds_the_same(trial: TestDatabase) -> None:
    with trial.admin() as admin:
        admin.execute("ALTER ROLE induct_platform SET TimeZone = 'Asia/Kathmandu'")
    try:
        assert altered(trial) == []
    finally:
        with trial.admin() as admin:
            admin.execute("ALTER ROLE induct_platform RESET TimeZone")


@pytest.mark.proves("C02", kind="negative")
@pytest.mark.parametrize(
    ("evil", "told"),
    [
        ("UPDATE randomization.allocation SET arm = 'X' WHERE subject_id = 'S01-001'",
         ("randomization.allocation", "arm: the row is not as it was entered")),
        ("DELETE FROM randomization.in_error", ("randomization.in_error", "not as it was entered")),
        ("UPDATE randomization.corrected_stratum SET stratum = 'X'",
         ("randomization.corrected_stratum", "stratum: the row is not as it was entered")),
        ("UPDATE randomization.allocation SET randomized_at = now() WHERE subject_id = 'S01-002'",
         ("randomization.allocation", "randomized_at: the row is not")),
        (ADDED, ("randomization.in_error", "nobody entered it")),
    ],
    ids=["arm", "removed", "stratum", "time", "added"],
)  # fmt: skip
def test_a_row_that_the_trail_tells_otherwise_is_named_once(
    trial: TestDatabase, evil: str, told: tuple[str, str]
) -> None:
    with trial.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(evil.encode())
    (fault,) = altered(trial)
    assert all(part in fault for part in told)


@pytest.mark.proves("C09", kind="negative")
def test_an_entry_that_was_emptied_hides_no_row_of_its_table(trial: TestDatabase) -> None:
    with trial.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE randomization.allocation SET arm = 'X' WHERE subject_id = 'S01-001'")
        admin.execute(
            "UPDATE platform.audit SET new_value = NULL, old_value = NULL, salt = NULL"
            " WHERE table_name = 'randomization.allocation' AND subject_id = 'S01-001'"
        )
    assert any("randomization.allocation" in fault for fault in altered(trial))


def test_a_change_made_while_a_trigger_was_off_is_found_though_it_is_on_again(
    trial: TestDatabase,
) -> None:
    with trial.admin() as admin:
        admin.execute("ALTER TABLE randomization.site DISABLE TRIGGER audit")
        admin.execute("UPDATE randomization.site SET state = 'closed' WHERE site_id = 'S01'")
        admin.execute("ALTER TABLE randomization.site ENABLE TRIGGER audit")
    (fault,) = altered(trial)
    assert "randomization.site S01, state: the row is not as it was entered" in fault


def test_every_column_of_an_audited_table_is_held_against_the_trail_or_kept_out_of_it(
    database: TestDatabase,
) -> None:
    found = database.rows(
        "SELECT t.tgrelid::regclass::text, a.attname::text, encode(t.tgargs, 'hex')"
        " FROM pg_trigger t JOIN pg_attribute a ON a.attrelid = t.tgrelid AND a.attnum > 0"
        " WHERE t.tgname = 'audit' AND t.tgnargs > 0 AND NOT a.attisdropped"
        " AND NOT has_column_privilege('induct_platform', a.attrelid, a.attnum, 'SELECT')"
    )
    told = {
        (table, column): bytes.fromhex(str(arguments)).decode().split("\0")[1].split(",")
        for table, column, arguments in found
    }
    assert [place for place, silent in told.items() if place[1] not in silent] == []
    assert ("randomization.list", "sealed_parameters") in told
    assert ("safety.webhook_secret", "sealed") in told
