"""Entering a form for the first time."""

from typing import Any

import pytest

from tests.services.assessments.support import COUNTS, Trial


@pytest.mark.proves("C25", kind="positive")
def test_an_entered_form_is_version_1_dated_by_its_date_item(trial: Trial) -> None:
    trial.enrol()
    made = trial.record("blood_count", COUNTS, visit="C1D28", client="nurse-7")
    assert made.status_code == 201
    assert made.headers["ETag"] == '"1"'
    body = made.json()
    kept = trial.database.rows(
        "SELECT record_id::text, position, to_char(recorded_at AT TIME ZONE 'UTC',"
        """ 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
        " FROM assessments.record_version ORDER BY position DESC LIMIT 1"
    )[0]
    assert body == {
        "record_id": kept[0],
        "study": "NCT05748171",
        "subject": "S01-001",
        "site": "S01",
        "form": "blood_count",
        "visit": "C1D28",
        "repeat": 1,
        "version": 1,
        "items": COUNTS,
        "observed_on": "2024-02-26",
        "recorded_at": kept[2],
        "recorded_by": "nurse-7",
        "definition_version": "2.5.0",
        "converted": {},
        "as_of_position": kept[1],
        "flags": {
            "verified": False,
            "frozen": False,
            "locked": False,
            "unlock_requested": False,
            "signed": False,
            "signature": None,
        },
    }
    read = trial.read(body)
    assert (read.json(), read.headers["ETag"]) == (body, '"1"')


def test_values_are_kept_as_received_and_shown_as_they_were_sent(trial: Trial) -> None:
    trial.enrol()
    marrow = {"sample_date": "2024-02-26", "evaluable": True, "blasts": "0.0500"}
    first = trial.record("marrow", marrow, visit="C1D28")
    whole = trial.record("marrow", marrow | {"blasts": 4}, visit="C1D28", repeat=2)
    graded = trial.record("adverse_event", {**_adverse_event(), "grade": 3})
    assert first.json()["items"] == marrow
    assert whole.json()["items"]["blasts"] == "4"
    assert graded.json()["items"]["grade"] == 3
    kept = trial.database.rows(
        "SELECT item, value FROM assessments.item_version JOIN assessments.record USING"
        " (record_id) WHERE form = 'marrow' AND repeat = 1 ORDER BY item"
    )
    assert kept == [("blasts", "0.0500"), ("evaluable", "true"), ("sample_date", "2024-02-26")]


def test_a_partial_date_keeps_its_precision(trial: Trial) -> None:
    trial.enrol()
    made = trial.record("demographics", {"birth_month": "2015", "sex": "F"}, visit="SCR")
    assert made.json()["items"]["birth_month"] == "2015"
    assert made.json()["observed_on"] is None


def test_a_form_that_no_item_dates_takes_the_date_it_was_observed_on(trial: Trial) -> None:
    trial.enrol()
    items = {"birth_month": "2015-06", "sex": "F"}
    body = {"form": "demographics", "visit": "SCR", "items": items, "observed_on": "2024-01-21"}
    made = trial.api.post("/subjects/S01-001/assessments", json=body)
    assert made.json()["observed_on"] == "2024-01-21"


def test_a_form_without_visits_is_unscheduled_said_or_not(trial: Trial) -> None:
    trial.enrol()
    said = trial.record("adverse_event", _adverse_event(), visit="UNSCHEDULED")
    unsaid = trial.record("adverse_event", _adverse_event(), repeat=2)
    assert said.json()["visit"] == unsaid.json()["visit"] == "UNSCHEDULED"


def test_the_same_entry_again_answers_200_and_adds_nothing(trial: Trial) -> None:
    trial.enrol()
    first = trial.counts()
    before = trial.stored()
    again = trial.record("blood_count", COUNTS, visit="C1D28")
    assert (again.status_code, again.json()) == (200, first)
    assert again.headers["ETag"] == '"1"'
    assert trial.stored() == before


def test_the_same_record_with_other_content_is_a_conflict(trial: Trial) -> None:
    trial.enrol()
    first = trial.counts()
    for items in (COUNTS | {"neutrophils": "1.050"}, {"sample_date": "2024-02-26"}):
        again = trial.record("blood_count", items, visit="C1D28")
        assert again.status_code == 409
        assert again.json()["type"] == "urn:induct:problem:record-exists"
    assert trial.read(first).json() == first


def test_an_entry_sent_again_after_its_correction_is_a_conflict(trial: Trial) -> None:
    trial.enrol()
    first = trial.counts()
    trial.correct(first, {"neutrophils": "1.5"})
    assert trial.record("blood_count", COUNTS, visit="C1D28").status_code == 409


def test_repeats_and_visits_tell_records_apart(trial: Trial) -> None:
    trial.enrol()
    records = {
        trial.record("blood_count", COUNTS, visit=visit, repeat=repeat).json()["record_id"]
        for visit in ("C1D28", "UNSCHEDULED")
        for repeat in (1, 2)
    }
    assert len(records) == 4


def test_an_entry_leaves_one_audit_row_per_item_for_first_entry(trial: Trial) -> None:
    trial.enrol()
    made = trial.counts()
    rows = trial.database.rows(
        "SELECT field, operation, old_value, new_value, reason, actor, actor_role, row_key"
        " FROM platform.audit WHERE table_name = 'assessments.item' AND row_key = %s"
        " ORDER BY field",
        made["record_id"] + "/1",
    )
    assert rows == [
        (item, "INSERT", None, value, "first entry", "coordinator-client", "coordinator",
         made["record_id"] + "/1")
        for item, value in sorted(COUNTS.items())
    ]  # fmt: skip


@pytest.mark.proves("C14", kind="negative")
def test_a_form_that_needs_consent_waits_for_the_consent_form(trial: Trial) -> None:
    trial.register()
    refused = trial.record("blood_count", COUNTS, visit="C1D28")
    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "urn:induct:problem:anchor-missing",
    )
    assert "(consent)" in refused.json()["errors"][0]["detail"]


def test_a_form_that_needs_an_allocation_waits_for_its_news(trial: Trial) -> None:
    trial.enrol()
    response = {"assessment_date": "2024-02-26", "response": "CR"}
    early = trial.record("response", response, visit="C1D28", key="k")
    assert (early.status_code, early.json()["type"]) == (409, "urn:induct:problem:not-randomized")
    assert early.headers["Retry-After"] == "1"
    trial.randomize()
    assert trial.record("response", response, visit="C1D28", key="k").status_code == 201


def test_a_subject_of_another_site_takes_no_entry(trial: Trial) -> None:
    trial.enrol()
    before = trial.stored()
    foreign = trial.record("blood_count", COUNTS, visit="C1D28", sites=["S02"])
    unknown = trial.record("blood_count", COUNTS, "S02-404", visit="C1D28", sites=["S02"])
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json() == unknown.json()
    assert trial.stored() == before


def _adverse_event() -> dict[str, Any]:
    return {"term": "Sepsis", "start_date": "2024-02-03", "serious": False}
