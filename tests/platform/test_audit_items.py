"""Records and items beside the trail: what a site entered is as the trail tells."""

from collections.abc import Callable

import pytest

from infra.database.audit import altered_rows
from shared.study import StudyDefinition
from tests.services.assessments.support import Trial
from tests.support.api import ApiClient
from tests.support.database import TestDatabase


@pytest.fixture
def trial(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], StudyDefinition],
    database: TestDatabase,
) -> TestDatabase:
    """A child with a count in another unit, a value that is missing, and a correction."""
    activate("NCT05748171")
    site = {"site": "S01", "name": "Hospital", "country": "CZ", "time_zone": "Europe/Prague"}
    assert client_for("randomization").post("/sites", json=site, role="admin").status_code == 201
    trial = Trial(client_for("assessments"), database)
    trial.enrol()
    items = {
        "sample_date": "2024-02-26",
        "leukocytes": {"value": "900", "unit": "/uL"},
        "platelets": {"null": "ND", "reason": "Clotted"},
    }
    made = trial.record("blood_count", items, visit="C1D28").json()
    changed = trial.correct(made, {"leukocytes": "0.8", "platelets": None})
    assert changed.status_code == 200, changed.text
    return database


def altered(database: TestDatabase) -> list[str]:
    return [str(fault) for fault in altered_rows(database.url("induct_platform"))]


def test_what_was_entered_is_as_the_trail_tells(trial: TestDatabase) -> None:
    assert altered(trial) == []


@pytest.mark.proves("C02", kind="negative")
@pytest.mark.parametrize(
    ("evil", "told"),
    [
        (("UPDATE assessments.item_version SET value = '9' WHERE item = 'leukocytes'"
         " AND version = 2"), ("assessments.item", "leukocytes: the row is not as it was entered")),
        (("UPDATE assessments.item_version SET unit = '10*9/L' WHERE item = 'leukocytes'"
         " AND version = 1"), ("assessments.item", "leukocytes: the row is not")),
        (("UPDATE assessments.item_version SET null_reason = 'x' WHERE item = 'platelets'"
         " AND version = 1"), ("assessments.item", "platelets: the row is not")),
        ("DELETE FROM assessments.item_version WHERE item = 'platelets' AND version = 2",
         ("assessments.item", "platelets: the row is not")),
        (("INSERT INTO assessments.item_version (record_id, item, version, study_id, site_id,"
         " subject_id, value) SELECT record_id, 'haemoglobin', version, study_id, site_id,"
         " subject_id, '99' FROM assessments.item_version WHERE item = 'platelets'"
         " AND version = 1"), ("assessments.item", "haemoglobin: nobody entered it")),
        ("UPDATE assessments.record SET visit = 'SCR' WHERE form = 'blood_count'",
         ("assessments.record", "visit: the row is not")),
        ("UPDATE assessments.record SET site_id = 'S09' WHERE form = 'blood_count'",
         ("assessments.record", "site_id: the row is not")),
        ("UPDATE assessments.record_version SET actor = 'nobody' WHERE version = 2",
         ("assessments.record_version", "actor: the row is not")),
        ("UPDATE assessments.record_version SET reason = 'another' WHERE version = 2",
         ("assessments.record_version", "reason: the row is not")),
        ("UPDATE assessments.record_version SET recorded_at = now() WHERE version = 2",
         ("assessments.record_version", "recorded_at: the row is not")),
    ],
)  # fmt: skip
def test_what_a_superuser_alters_is_named(
    trial: TestDatabase, evil: str, told: tuple[str, str]
) -> None:
    with trial.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(evil.encode())
    (fault,) = altered(trial)
    assert all(part in fault for part in told)
