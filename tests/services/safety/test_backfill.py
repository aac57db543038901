"""Cases from before there were dated facts, and rules from before the ones in force."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import infra.migrations.versions
from infra.database.studies import activate as activate_definition
from shared.study import StudyDefinition
from tests.services.safety.life import Life, on
from tests.services.safety.trial import STUDY, Trial
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

Body = dict[str, Any]
BACKFILL = Path(infra.migrations.versions.__path__[0]) / "safety" / "0009_backfill.sql"
NUMBER = f"{STUDY}-0001"


@pytest.fixture
def old_case(trial: Trial, database: TestDatabase) -> None:
    """A case of two versions as the first revision of the schema kept it: no fact at all."""
    with database.admin() as admin:
        admin.execute(
            "SELECT set_config('app.actor', 'migrator', false), set_config('app.role', 'system',"
            " false), set_config('app.reason', 'test', false),"
            " set_config('app.request', 'x', false)"
        )
        admin.execute("INSERT INTO safety.case_number VALUES (%s, 1)", (STUDY,))
        (case,) = admin.execute(
            "INSERT INTO safety.safety_case (study_id, site_id, subject_id, number, case_number,"
            " origin, opened_at) VALUES (%s, 'S01', 'S01-001', 1, %s, 'report', %s)"
            " RETURNING case_id",
            (STUDY, NUMBER, on(0)),
        ).fetchone() or (None,)
        for version, days, seriousness in ((1, 0, ["hospitalisation"]), (2, 3, ["death"])):
            admin.execute(
                "INSERT INTO safety.case_version (case_id, version, study_id, site_id, subject_id,"
                " event_term, grade, serious, seriousness, aware_at, received_at, received_zone,"
                " reporter, suspect_product, significant, recorded_at)"
                " VALUES (%s, %s, %s, 'S01', 'S01-001', 'Sepsis', 4, true, %s, %s, %s,"
                " 'Europe/Paris', 'Dr Reporter', 'INO', true, %s)",
                (case, version, STUDY, seriousness, on(0), on(days), on(5)),
            )


def backfill(database: TestDatabase) -> None:
    with database.admin() as admin:
        admin.execute("SET ROLE induct_owner")
        admin.execute(
            "SELECT set_config('app.actor', 'migrator', false), set_config('app.role', 'system',"
            " false), set_config('app.reason', 'migration', false),"
            " set_config('app.request', 'x', false)"
        )
        admin.execute(BACKFILL.read_bytes())


@pytest.mark.usefixtures("old_case")
def test_a_case_from_before_there_were_facts_has_the_clocks_of_its_versions(
    api: ApiClient, database: TestDatabase
) -> None:
    path, desk = f"/cases/{NUMBER}", {"role": "safety_desk", "at": on(6)}
    assert api.get(path, **desk).json()["obligations"] == []
    backfill(database)
    owed = {e["clock"]: e["due_on"] for e in api.get(path, **desk).json()["obligations"]}
    assert (owed["eu_susar_fatal"], owed["eu_susar_other"]) == ("2026-03-02", "2026-03-07")
    assert owed["site_to_sponsor"] == "2026-02-21"
    reason = {"reason": "facts of before were told"}
    applied = api.post("/rule-applications", json=reason, **desk).json()
    assert applied == {"cases": 1, "changed": 1}
    due = {each["clock"] for each in api.get("/due-list", **desk).json()["items"]}
    assert {"eu_susar_fatal", "uk_susar_fatal", "us_susar_fatal"} <= due
    # Once more, it finds nothing to do; the tables are closed to the owner as before.
    counted = database.rows("SELECT count(*) FROM safety.case_fact")
    backfill(database)
    assert database.rows("SELECT count(*) FROM safety.case_fact") == counted
    assert database.rows(
        "SELECT count(*) FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity"
    ) == [(0,)]


def test_what_was_owed_at_an_instant_is_answered_by_the_rules_that_were_in_force_then(
    api: ApiClient, report: Body, definition: StudyDefinition, database: TestDatabase
) -> None:
    life = Life(api, report)
    ((between,),) = database.rows("SELECT clock_timestamp()")
    assert isinstance(between, datetime)
    assert definition.safety is not None
    (clock, *rest) = definition.safety.clocks
    safety = definition.safety.model_copy(
        update={"clocks": (clock.model_copy(update={"hours": 48}), *rest)}
    )
    identity = definition.identity.model_copy(update={"version": "2.0.1"})
    newer = definition.model_copy(update={"safety": safety, "identity": identity})
    activate_definition(
        database.url("induct_migrator"), newer, mode="training", actor="test", reason="48 hours"
    )

    def due(as_of: str) -> str:
        answers = [life.read(query=path + as_of)["obligations" if not path else "items"]
                   for path in ("", "/obligations")]  # fmt: skip
        (found,) = {e["due_on"] for each in answers for e in each if e["clock"] == clock.id}
        return str(found)

    assert due("") == "2026-02-22"
    for then in (between, on(1)):
        assert due(f"?as_of={then.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}") == "2026-02-21"
    assert due("?as_of=2100-01-01T00:00:00Z") == "2026-02-22"
    # The first one comes back: the period of the other stays what it was.
    ((newer_in_force,),) = database.rows("SELECT clock_timestamp()")
    activate_definition(
        database.url("induct_migrator"), definition, mode="training", actor="test", reason="back"
    )
    assert due("") == due("?as_of=2100-01-01T00:00:00Z") == "2026-02-21"
    assert isinstance(newer_in_force, datetime)
    assert due(f"?as_of={newer_in_force.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}") == "2026-02-22"
