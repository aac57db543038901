"""A record entered for the wrong child or twice: taken back whole, it is told of nowhere but in its
history."""

from typing import Any

import pytest

from tests.services.assessments.derivations.story import faces
from tests.services.assessments.support import COUNTS, Trial

ODD = COUNTS | {"leukocytes": "1.0"}
"""More neutrophils than leukocytes: check LAB-01 asks about the neutrophils."""
DEAD = {"contact_date": "2024-05-25", "status": "DEAD", "death_date": "2024-05-24"}


def listed(trial: Trial, what: str, role: str = "cra", **filters: Any) -> list[dict[str, Any]]:
    answer = trial.api.get(f"/{what}", role=role, params=filters)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


@pytest.fixture
def gone(trial: Trial) -> dict[str, Any]:
    """A death recorded weeks before its visit, and taken back."""
    trial.enrol()
    trial.randomize()
    made = trial.record("survival_status", DEAD, visit="FU06").json()
    assert faces(trial)["OS"] == ("2024-05-24", "final", None)
    assert listed(trial, "deviations", kind="visit-window")
    back = trial.correct(made, dict.fromkeys(DEAD))
    assert back.status_code == 200, back.text
    found: dict[str, Any] = back.json()
    return found


def test_what_was_derived_and_noted_of_it_goes_with_it(trial: Trial, gone: dict[str, Any]) -> None:
    assert (gone["items"], gone["version"]) == ({}, 2)
    assert listed(trial, "deviations", kind="visit-window") == []
    trial.enrol("S01-002")
    trial.randomize("S01-002")
    trial.counts(subject="S01-002")
    trial.counts()
    assert faces(trial) == faces(trial, "S01-002")


def test_what_a_check_asked_of_it_is_settled(trial: Trial) -> None:
    trial.enrol()
    made = trial.record("blood_count", ODD, visit="SCR").json()
    assert [q["check_id"] for q in listed(trial, "queries", state="open")] == ["LAB-01"]
    assert trial.correct(made, dict.fromkeys(ODD)).status_code == 200
    assert listed(trial, "queries", state="open") == []


def test_it_needs_a_reason_and_may_be_filled_anew(trial: Trial, gone: dict[str, Any]) -> None:
    alive = {"contact_date": "2024-07-01", "status": "ALIVE"}
    partly = trial.correct(gone, {"status": "ALIVE"})
    assert [e["code"] for e in partly.json()["errors"]] == ["required-missing"]
    assert trial.correct(gone, alive).json()["items"] == alive
