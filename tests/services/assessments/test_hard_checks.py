"""A hard check keeps a record out, at its item and without its value; all others let it in."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.database.studies import activate as activate_definition
from shared.study import from_json, to_json
from tests.services.assessments.support import COUNTS, Trial
from tests.support.definitions import shipped

HARD = {
    "id": "OWN-01",
    "version": 2,
    "forms": ["blood_count"],
    "severity": "hard",
    "holds": {"item": "platelets", "op": "le", "value": 5000},
    "message": "Not a count of platelets.",
    "on": "platelets",
    "source": {"kind": "assumed"},
}


@pytest.fixture
def strict(trial: Trial) -> Callable[..., None]:
    """Puts the study in force with one check more: ``strict(severity="query")``."""

    def put_in_force(**changes: Any) -> None:
        content = to_json(shipped("NCT05748171"))
        content["checks"].append(HARD | changes)
        content["identity"]["version"] = f"1.0.{changes.get('version', 1)}"
        activate_definition(
            trial.database.url("induct_migrator"),
            from_json(content),
            mode="training",
            actor="test",
            reason="a variant for a test",
        )

    return put_in_force


@pytest.mark.proves("ASM-5", kind="negative")
def test_a_record_that_fails_a_hard_check_is_not_taken(
    trial: Trial, strict: Callable[..., None]
) -> None:
    strict()
    trial.enrol()
    before = trial.stored()
    refused = trial.record("blood_count", COUNTS | {"platelets": "120000"}, visit="SCR")
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/items/platelets", "check-failed")
    assert error["detail"] == "Not a count of platelets. (OWN-01, version 2)"
    assert "120000" not in refused.text
    assert trial.stored() == before


def test_a_correction_into_a_failing_hard_check_is_not_taken(
    trial: Trial, strict: Callable[..., None]
) -> None:
    strict()
    trial.enrol()
    made = trial.counts()
    refused = trial.correct(made, {"platelets": "120000"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "check-failed")
    assert trial.read(made).json() == made


@pytest.mark.parametrize("severity", ["query", "flag"])
def test_the_same_check_made_soft_takes_the_record_and_notes_it(
    trial: Trial, strict: Callable[..., None], severity: str
) -> None:
    strict(severity=severity)
    trial.enrol()
    made = trial.record("blood_count", COUNTS | {"platelets": "120000"}, visit="SCR")
    assert made.status_code == 201
    listed = trial.api.get("/queries", role="cra").json()["items"]
    (found,) = (each for each in listed if each["check_id"] == "OWN-01")
    assert (found["severity"], found["check_version"]) == (severity, "2")


def test_a_new_version_of_a_check_neither_closes_nor_doubles_what_the_old_one_asked(
    trial: Trial, strict: Callable[..., None]
) -> None:
    strict(severity="query")
    trial.enrol()
    made = trial.record("blood_count", COUNTS | {"platelets": "120000"}, visit="SCR").json()
    strict(severity="query", version=3, message="Is this a count?")
    second = trial.correct(made, {"platelets": "110000"}).json()
    assert trial.correct(second, {"platelets": "110"}).is_success
    listed = trial.api.get("/queries", role="cra").json()["items"]
    found = [each for each in listed if each["check_id"] == "OWN-01"]
    assert [(each["check_version"], each["state"]) for each in found] == [("2", "open")]
