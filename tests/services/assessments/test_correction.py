"""Corrections: on the version that was read, with a reason, of what differs."""

from datetime import date

import pytest

from tests.services.assessments.support import COUNTS, Trial


def test_a_correction_makes_a_version_of_the_changed_items_only(trial: Trial) -> None:
    trial.enrol()
    made = trial.counts()
    corrected = trial.correct(made, {"neutrophils": "1.5", "platelets": "120"}, client="nurse-7")
    assert corrected.status_code == 200
    assert corrected.headers["ETag"] == '"2"'
    body = corrected.json()
    assert body["items"] == COUNTS | {"neutrophils": "1.5"}
    assert (body["version"], body["recorded_by"]) == (2, "nurse-7")
    assert trial.read(made).json() == body
    rows = trial.database.rows(
        "SELECT item, value FROM assessments.item_version WHERE record_id = %s AND version = 2",
        made["record_id"],
    )
    assert rows == [("neutrophils", "1.5")]


@pytest.mark.proves("C06", kind="positive")
def test_a_correction_leaves_one_audit_row_per_changed_item_with_its_reason(trial: Trial) -> None:
    trial.enrol()
    made = trial.counts()
    changes = {"neutrophils": "1.5", "platelets": None, "haemoglobin": "90"}
    trial.correct(made, changes, reason="Transcribed from the wrong column")
    rows = trial.database.rows(
        "SELECT field, operation, old_value, new_value, reason FROM platform.audit"
        " WHERE table_name = 'assessments.item' AND row_key = %s ORDER BY field",
        made["record_id"] + "/2",
    )
    reason = "Transcribed from the wrong column"
    assert rows == [
        ("haemoglobin", "UPDATE", None, "90", reason),
        ("neutrophils", "UPDATE", "1.05", "1.5", reason),
        ("platelets", "UPDATE", "120", None, reason),
    ]


def test_null_removes_a_value_and_a_later_correction_gives_one_again(trial: Trial) -> None:
    trial.enrol()
    made = trial.counts()
    removed = trial.correct(made, {"platelets": None}).json()
    assert "platelets" not in removed["items"]
    again = trial.correct(removed, {"platelets": "95"}).json()
    assert again["items"]["platelets"] == "95"
    assert again["version"] == 3


def test_a_corrected_date_item_dates_the_record_anew(trial: Trial) -> None:
    trial.enrol()
    made = trial.counts()
    corrected = trial.correct(made, {"sample_date": "2024-02-25"}).json()
    assert corrected["observed_on"] == "2024-02-25"
    observed = trial.database.rows(
        "SELECT observed_on FROM assessments.record_version WHERE record_id = %s ORDER BY version",
        made["record_id"],
    )
    assert observed == [(date(2024, 2, 26),), (date(2024, 2, 25),)]


def test_equal_values_are_no_correction(trial: Trial) -> None:
    trial.enrol()
    made = trial.counts()
    before = trial.stored()
    for items in ({"neutrophils": "1.05"}, {"haemoglobin": None}, COUNTS):
        answer = trial.correct(made, items)
        assert (answer.status_code, answer.json()) == (200, made)
        assert answer.headers["ETag"] == '"1"'
        assert trial.stored() == before


def test_a_correction_names_the_version_it_is_based_on(trial: Trial) -> None:
    trial.enrol()
    made = trial.counts()
    answer = trial.correct(made, {"neutrophils": "1.5"}, if_match="")
    assert (answer.status_code, answer.json()["type"]) == (
        428,
        "urn:induct:problem:precondition-missing",
    )
    assert trial.read(made).json() == made


def test_a_correction_of_another_version_fails(trial: Trial) -> None:
    trial.enrol()
    made = trial.counts()
    for if_match in ('"2"', '"0"', "1", 'W/"1"', "*", '"1", "2"'):
        answer = trial.correct(made, {"neutrophils": "1.5"}, if_match=if_match)
        assert (answer.status_code, answer.json()["type"]) == (
            412,
            "urn:induct:problem:precondition-failed",
        )
    assert trial.read(made).json() == made


def test_a_correction_repeated_with_its_key_answers_the_same_though_its_version_is_past(
    trial: Trial,
) -> None:
    trial.enrol()
    made = trial.counts()
    first = trial.correct(made, {"neutrophils": "1.5"}, key="k")
    before = trial.stored()
    again = trial.correct(made, {"neutrophils": "1.5"}, key="k")
    assert (again.status_code, again.text) == (200, first.text)
    assert again.headers["ETag"] == '"2"'
    assert trial.stored() == before


def test_all_faults_of_a_correction_are_told_and_nothing_is_stored(trial: Trial) -> None:
    trial.enrol()
    made = trial.counts()
    before = trial.stored()
    items = {"sample_date": None, "platelets": "-1", "horoscope": "x", "tarot": None}
    refused = trial.correct(made, items)
    assert refused.status_code == 422
    assert {(f["pointer"], f["code"]) for f in refused.json()["errors"]} == {
        ("/items/sample_date", "required-missing"),
        ("/items/platelets", "out-of-range"),
        ("/items/horoscope", "unknown-item"),
        ("/items/tarot", "unknown-item"),
    }
    assert trial.stored() == before


@pytest.mark.proves("C27", kind="negative")
def test_a_correction_needs_a_reason(trial: Trial) -> None:
    trial.enrol()
    made = trial.counts()
    for reason in ("", "x"):
        refused = trial.correct(made, {"neutrophils": "1.5"}, reason=reason)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/reason"
    unsaid = trial.api.put(
        trial.path(made), json={"items": {"neutrophils": "1.5"}}, headers={"If-Match": '"1"'}
    )
    assert unsaid.json()["errors"][0]["pointer"] == "/reason"


def test_a_record_of_another_subject_or_site_looks_like_none(trial: Trial) -> None:
    trial.enrol()
    made = trial.counts()
    trial.enrol("S01-002")
    by_other_subject = trial.correct(made | {"subject": "S01-002"}, {"neutrophils": "1.5"})
    by_other_site = trial.correct(made, {"neutrophils": "1.5"}, sites=["S02"])
    absent = made | {"record_id": "00000000-0000-4000-8000-000000000000"}
    assert by_other_subject.status_code == by_other_site.status_code == 404
    assert trial.correct(absent, {"neutrophils": "1.5"}).json() == by_other_site.json()
    assert trial.read(made | {"record_id": "no-uuid"}).status_code == 404


@pytest.mark.proves("C10", kind="positive")
def test_versions_tell_who_changed_what_from_what_when_and_why(trial: Trial) -> None:
    trial.enrol()
    made = trial.counts()
    corrected = trial.correct(
        made,
        {"neutrophils": "1.5", "platelets": None},
        reason="Source read again",
        role="investigator",
        client="dr-9",
    ).json()
    told = trial.api.get(trial.path(made) + "/versions").json()
    assert told == {
        "record_id": made["record_id"],
        "as_of_position": corrected["as_of_position"],
        "items": [
            {
                "version": 1,
                "recorded_at": made["recorded_at"],
                "recorded_by": "coordinator-client",
                "role": "coordinator",
                "reason": "first entry",
                "observed_on": "2024-02-26",
                "definition_version": "2.5.0",
                "changes": [
                    {"item": "neutrophils", "old": None, "new": "1.05"},
                    {"item": "platelets", "old": None, "new": "120"},
                    {"item": "sample_date", "old": None, "new": "2024-02-26"},
                ],
            },
            {
                "version": 2,
                "recorded_at": corrected["recorded_at"],
                "recorded_by": "dr-9",
                "role": "investigator",
                "reason": "Source read again",
                "observed_on": "2024-02-26",
                "definition_version": "2.5.0",
                "changes": [
                    {"item": "neutrophils", "old": "1.05", "new": "1.5"},
                    {"item": "platelets", "old": "120", "new": None},
                ],
            },
        ],
    }
