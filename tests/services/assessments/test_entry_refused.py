"""Entries that do not fit: every fault at once, no value repeated, nothing stored."""

from typing import Any

from tests.services.assessments.support import COUNTS, Trial

EVENT = {"term": "Sepsis", "start_date": "2024-02-03", "serious": False}


def faults(answer: Any) -> set[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"] == "urn:induct:problem:invalid-content"
    return {(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]}


def test_all_faults_are_told_at_once_without_values_and_nothing_is_stored(trial: Trial) -> None:
    trial.enrol()
    before = trial.stored()
    items = {
        "start_date": "2024-02-30",
        "serious": "secret-yes",
        "grade": 7,
        "relationship": "secret-code",
        "secret_item": "x",
        "term": "t" * 201,
        "end_date": 20240203,
    }
    body = {"form": "adverse_event", "visit": "C1D99", "items": items}
    refused = trial.api.post("/subjects/S01-001/assessments", json=body)
    assert faults(refused) == {
        ("/visit", "unknown-visit"),
        ("/items/start_date", "date-invalid"),
        ("/items/serious", "type-mismatch"),
        ("/items/grade", "out-of-range"),
        ("/items/relationship", "not-in-codelist"),
        ("/items/secret_item", "unknown-item"),
        ("/items/term", "too-long"),
        ("/items/end_date", "type-mismatch"),
    }
    assert "secret-yes" not in refused.text
    assert "secret-code" not in refused.text
    assert trial.stored() == before


def test_required_items_must_be_there(trial: Trial) -> None:
    trial.enrol()
    refused = trial.record("adverse_event", {"grade": 2})
    assert faults(refused) == {
        ("/items/term", "required-missing"),
        ("/items/start_date", "required-missing"),
        ("/items/serious", "required-missing"),
    }


def test_a_birth_date_is_refused_where_the_month_is_collected(trial: Trial) -> None:
    trial.enrol()
    items = {"birth_month": "2015-06-09", "sex": "F"}
    refused = trial.record("demographics", items, visit="SCR")
    assert faults(refused) == {("/items/birth_month", "date-too-precise")}


def test_an_unknown_form_is_named_as_such(trial: Trial) -> None:
    trial.enrol()
    assert faults(trial.record("horoscope", {"x": 1})) == {("/form", "unknown-form")}


def test_a_form_of_visits_needs_one_of_its_own(trial: Trial) -> None:
    trial.enrol()
    assert faults(trial.record("blood_count", COUNTS)) == {("/visit", "visit-missing")}
    at_another = trial.record("blood_count", COUNTS, visit="FU06")
    assert faults(at_another) == {("/visit", "unknown-visit")}


def test_a_form_filled_once_takes_neither_repeats_nor_unscheduled_records(trial: Trial) -> None:
    trial.register()
    items = {"consent_date": "2024-01-20", "assent_due": False}
    assert faults(trial.record("consent", items, visit="SCR", repeat=2)) == {
        ("/repeat", "not-repeating")
    }
    assert faults(trial.record("consent", items, visit="UNSCHEDULED")) == {
        ("/visit", "unknown-visit")
    }


def test_a_date_said_twice_must_agree(trial: Trial) -> None:
    trial.enrol()
    body = {"form": "blood_count", "visit": "C1D28", "items": COUNTS}
    path = "/subjects/S01-001/assessments"
    refused = trial.api.post(path, json=body | {"observed_on": "2024-02-25"})
    assert faults(refused) == {("/observed_on", "contradicts-item")}
    assert trial.api.post(path, json=body | {"observed_on": "2024-02-26"}).status_code == 201


def test_the_shape_of_a_request_is_strict(trial: Trial) -> None:
    trial.enrol()
    changes: list[tuple[dict[str, Any], str]] = [
        ({"surprise": 1}, "/surprise"),
        ({"items": {}}, "/items"),
        ({"repeat": 0}, "/repeat"),
        ({"repeat": "1"}, "/repeat"),
        ({"form": "Blood Count"}, "/form"),
        ({"observed_on": "2024-02-26T00:00:00Z"}, "/observed_on"),
    ]
    for change, pointer in changes:
        body = {"form": "blood_count", "visit": "C1D28", "items": COUNTS} | change
        refused = trial.api.post("/subjects/S01-001/assessments", json=body)
        assert {where for where, _ in faults(refused)} == {pointer}


def test_ambiguous_json_is_malformed(trial: Trial) -> None:
    trial.enrol()
    for items in ('{"grade": NaN}', '{"term": "a\\u0000b"}', '{"grade": 1, "grade": 2}'):
        refused = trial.api.post(
            "/subjects/S01-001/assessments",
            content=f'{{"form": "adverse_event", "items": {items}}}',
            headers={"Content-Type": "application/json"},
        )
        assert refused.status_code == 400
        assert refused.json()["type"] == "urn:induct:problem:malformed-request"


def test_only_the_site_enters_forms(trial: Trial) -> None:
    trial.enrol()
    for role in ("cra", "data_manager", "statistician", "auditor", "iwrs"):
        assert trial.record("adverse_event", EVENT, role=role).status_code == 403
