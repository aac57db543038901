"""Departures from the protocol: noted beside the record, never a refusal; gone when a correction
shows that there was none. And a withdrawal, after which nothing new is collected."""

from typing import Any

import pytest

from tests.services.assessments.support import COUNTS, Trial

PROBLEM = "urn:induct:problem:"


def deviations(trial: Trial, role: str = "cra", **filters: Any) -> list[dict[str, Any]]:
    listed = trial.api.get("/deviations", role=role, params=filters)
    assert listed.status_code == 200, listed.text
    found: list[dict[str, Any]] = listed.json()["items"]
    return found


@pytest.fixture
def early(trial: Trial) -> dict[str, Any]:
    """A blood count six months after randomization, 36 days before its window."""
    trial.enrol()
    trial.randomize()
    made = trial.record(
        "survival_status", {"contact_date": "2024-05-25", "status": "ALIVE"}, visit="FU06"
    )
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


def test_a_visit_out_of_its_window_is_taken_and_noted_with_the_days(
    trial: Trial, early: dict[str, Any]
) -> None:
    (found,) = deviations(trial, subject="S01-001", kind="visit-window")
    assert found == found | {
        "subject": "S01-001",
        "site": "S01",
        "record_id": early["record_id"],
        "form": "survival_status",
        "visit": "FU06",
        "item": "contact_date",
        "kind": "visit-window",
        "source_id": "FU06",
        "days_out": -36,
        "observed_on": "2024-05-25",
        "standing": True,
        "noted_at": early["recorded_at"],
    }


def test_a_correction_into_the_window_takes_the_departure_away_and_keeps_it_in_the_past(
    trial: Trial, early: dict[str, Any]
) -> None:
    nearer = trial.correct(early, {"contact_date": "2024-06-20"}).json()
    (found,) = deviations(trial, kind="visit-window")
    assert (found["days_out"], found["observed_on"]) == (-10, "2024-06-20")
    then = trial.clock().isoformat()
    assert trial.correct(nearer, {"contact_date": "2024-07-10"}).is_success
    assert deviations(trial, kind="visit-window") == []
    (gone,) = deviations(trial, kind="visit-window", resolved=True)
    assert (gone["standing"], gone["days_out"]) == (False, 0)
    (was,) = deviations(trial, kind="visit-window", as_of=then)
    assert (was["standing"], was["days_out"]) == (True, -10)


def test_a_change_of_what_others_count_from_moves_their_windows(
    trial: Trial, early: dict[str, Any]
) -> None:
    made = trial.record("blood_count", COUNTS | {"sample_date": "2024-02-26"}, visit="C1D28")
    assert made.is_success
    assert deviations(trial, source="C1D28") == []
    dose = {"product": "INO", "dose_date": "2024-02-05", "given": True}
    given = trial.record("dosing", dose, visit="C1D1")
    assert given.status_code == 201, given.text
    (found,) = deviations(trial, source="C1D28")
    assert (found["record_id"], found["days_out"]) == (made.json()["record_id"], -4)
    assert found["noted_at"] == given.json()["recorded_at"]


def test_a_check_that_is_called_a_deviation_notes_one(trial: Trial, early: dict[str, Any]) -> None:
    recovery = {"recovery_date": "2024-03-05"}
    assert trial.record("end_of_treatment", recovery, visit="C1D28").is_success
    (found,) = deviations(trial, source="EOT-01")
    assert (found["kind"], found["item"], found["source_version"]) == (
        "check",
        "recovery_date",
        "1",
    )


def test_deviations_are_found_by_site_kind_and_days_out(
    trial: Trial, early: dict[str, Any]
) -> None:
    assert deviations(trial, site="S02") == []
    assert len(deviations(trial, site="S01", days_out=36)) == 1
    assert deviations(trial, days_out=37) == []
    assert trial.api.get("/deviations", params={"kind": "odd"}).status_code == 422
    assert trial.api.get("/deviations", role="cra", sites=["S02"]).json()["items"] == []


def test_nothing_observed_after_a_withdrawal_is_collected_and_the_rest_stays(
    trial: Trial, early: dict[str, Any]
) -> None:
    before = trial.counts()
    left = {"withdrawal_date": "2024-06-01", "scope": "STUDY"}
    assert trial.record("withdrawal", left).is_success
    late = COUNTS | {"sample_date": "2024-06-02"}
    refused = trial.record("blood_count", late, visit="C1D28", repeat=2)
    assert (refused.status_code, refused.json()["type"]) == (409, PROBLEM + "after-withdrawal")
    assert refused.json()["errors"][0]["pointer"] == "/items/sample_date"
    seen_before = COUNTS | {"sample_date": "2024-05-31"}
    assert trial.record("blood_count", seen_before, visit="C1D28", repeat=3).status_code == 201
    assert trial.correct(before, {"platelets": "90"}).status_code == 200
