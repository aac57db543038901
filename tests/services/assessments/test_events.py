"""What an entry tells the other services."""

from typing import Any

from shared.contracts.assessments import AssessmentRecorded
from tests.services.assessments.support import COUNTS, Trial

EVENT = {"term": "Sepsis", "start_date": "2024-02-03", "serious": False}


def told(trial: Trial) -> list[dict[str, Any]]:
    """Events of entries but that of the consent form."""
    return [e for e in trial.events(AssessmentRecorded.type) if e["form"] != "consent"]


def test_every_version_is_told_with_its_record_and_no_value(trial: Trial) -> None:
    trial.enrol()
    made = trial.counts()
    trial.correct(made, {"neutrophils": "1.5", "sample_date": "2024-02-25"})
    expected = {
        "subject_id": "S01-001",
        "site": "S01",
        "record_id": made["record_id"],
        "form": "blood_count",
        "visit": "C1D28",
        "repeat": 1,
        "record_version": 1,
        "observed_on": "2024-02-26",
        "serious": False,
        "adverse_event": False,
    }
    assert told(trial) == [
        expected,
        expected | {"record_version": 2, "observed_on": "2024-02-25"},
    ]


def test_what_changes_nothing_is_not_told(trial: Trial) -> None:
    trial.enrol()
    made = trial.counts()
    trial.record("blood_count", COUNTS, visit="C1D28")
    trial.correct(made, {"neutrophils": "1.05"})
    trial.correct(made, {"neutrophils": "1.5"}, if_match='"7"')
    assert len(told(trial)) == 1


def test_an_event_that_becomes_serious_by_a_correction_is_told_as_serious(trial: Trial) -> None:
    trial.enrol()
    mild = trial.record("adverse_event", EVENT).json()
    trial.correct(mild, {"hospitalisation": True})
    trial.record("adverse_event", EVENT | {"serious": True}, repeat=2)
    assert [event["serious"] for event in told(trial)] == [False, True, True]
    assert all(event["adverse_event"] for event in told(trial))
