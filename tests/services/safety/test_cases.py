"""Intake of serious adverse events over HTTP."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.study import StudyDefinition
from tests.services.safety.trial import Trial
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

NOW = datetime(2026, 2, 20, 12, 0, tzinfo=UTC)
Body = dict[str, Any]


def opened(api: ApiClient, report: Body, **options: Any) -> Body:
    answer = api.post("/cases", json=report, at=NOW, **options)
    assert answer.status_code == 201, answer.text
    assert answer.headers["ETag"] == '"1"', "what the first follow-up names"
    return answer.json()


@pytest.mark.proves("SAF-2", kind="positive")
def test_a_serious_event_opens_a_case_with_its_24_hour_and_15_day_due_dates(
    api: ApiClient, report: Body
) -> None:
    case = opened(api, report)
    assert case["case_number"] == "NCT05748171-0001"
    assert (case["version"], case["origin"], case["serious"]) == (1, "report", True)
    assert case["criteria"] == {
        "held": ["identifiable_patient", "identifiable_reporter", "event"],
        "missing": ["suspect_product"],
    }
    day, *fifteens = case["obligations"]
    assert [each["clock"] for each in fifteens] == [
        "eu_susar_other", "uk_susar_other", "us_investigators", "us_susar_other",
    ]  # fmt: skip
    fifteen = fifteens[0]
    assert (day["clock"], day["due_at"]) == ("site_to_sponsor", "2026-02-21T08:30:00Z")
    assert (fifteen["clock"], fifteen["day_zero"], fifteen["due_on"], fifteen["due_at"]) == (
        "eu_susar_other",
        "2026-02-20",
        "2026-03-07",
        "2026-03-07T22:59:59Z",
    )
    assert fifteen["provisional"]
    assert fifteen["warning"].startswith("Falls on a Saturday")
    assert (fifteen["rule_set"], fifteen["rule_version"]) == ("eu_ctr", "1.0.0")
    assert day["rule_set"] == "site"
    assert fifteen["verified_by"] is None
    assert case["first_due_at"] == day["due_at"]


def test_what_is_not_known_yet_is_no_error(api: ApiClient) -> None:
    bare = {
        "subject": "S01-001", "site": "S01", "seriousness": ["death"],
        "aware_at": "2026-02-20T09:30:00+01:00",
    }  # fmt: skip
    case = opened(api, bare)
    assert case["criteria"]["missing"] == ["identifiable_reporter", "event", "suspect_product"]
    assert case["received_at"] == "2026-02-20T12:00:00Z"
    assert case["received_zone"] == "Europe/Paris"
    assert {each["clock"] for each in case["obligations"] if each["authority"] != "US"} == {
        "site_to_sponsor",
        "eu_susar_fatal",
        "eu_susar_fatal_completion",
        "uk_susar_fatal",
        "uk_susar_fatal_completion",
    }


@pytest.mark.proves("SAF-2", kind="negative")
@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"seriousness": []}, "/seriousness", "too-short"),
        ({"seriousness": ["unlucky"]}, "/seriousness/0", "criterion-unknown"),
        ({"grade": 6}, "/grade", "less-than-equal"),
        ({"grade": True}, "/grade", "int-type"),
        ({"aware_at": "2026-02-20T09:30:00"}, "/aware_at", "value-error"),
        ({"aware_at": "2026-02-20T13:00:01Z"}, "/aware_at", "in-the-future"),
        ({"received_at": "2026-02-20T13:00:01Z"}, "/received_at", "in-the-future"),
        ({"onset_on": "2026-02-22"}, "/onset_on", "in-the-future"),
        ({"onset_on": "2026-02-30"}, "/onset_on", "value-error"),
        ({"received_zone": "Nowhere"}, "/received_zone", "zone-unknown"),
        ({"suspect_product": "ASPIRIN"}, "/suspect_product", "product-unknown"),
        ({"narrative": "a\u202eb"}, "/narrative", "value-error"),
        ({"case_number": "X-0001"}, "/case_number", "extra-forbidden"),
        ({"subject": "S09-009"}, "/subject", "subject-unknown"),
    ],
)
def test_what_is_malformed_is_refused_with_a_pointer_and_nothing_is_stored(
    api: ApiClient, report: Body, database: TestDatabase, change: Body, pointer: str, code: str
) -> None:
    answer = api.post("/cases", json=report | change, at=NOW)
    assert answer.status_code == 422, answer.text
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]
    assert database.rows("SELECT count(*) FROM safety.safety_case") == [(0,)]
    assert database.rows("SELECT count(*) FROM platform.outbox") == [(0,)]


def test_another_sites_child_looks_like_one_that_is_not_there(api: ApiClient, report: Body) -> None:
    refusals = [
        api.post("/cases", json=report | change, at=NOW, sites=["S01"]).json()
        for change in (
            {"subject": "S02-001", "site": "S02"},
            {"subject": "S02-001"},
            {"subject": "S09-009"},
        )
    ]
    assert refusals[0]["type"] == "urn:induct:problem:subject-unknown"
    assert refusals[0] == refusals[1] == refusals[2]


def test_a_child_is_reported_from_its_own_site_only(api: ApiClient, report: Body) -> None:
    moved = report | {"subject": "S02-001", "site": "S01"}
    answer = api.post("/cases", json=moved, at=NOW, role="safety_desk")
    assert answer.json()["type"] == "urn:induct:problem:subject-unknown"
    assert api.post("/cases", json=moved | {"site": "S02"}, at=NOW, role="safety_desk").is_success


def test_another_sites_case_is_not_there(api: ApiClient, report: Body) -> None:
    number = opened(api, report)["case_number"]
    seen = api.get(f"/cases/{number}", sites=["S02"])
    absent = api.get("/cases/NCT05748171-9999", sites=["S02"])
    assert (seen.status_code, seen.json()) == (absent.status_code, absent.json())
    assert seen.status_code == 404
    assert api.get("/cases", sites=["S02"]).json()["items"] == []
    assert api.get(f"/cases/{number}", sites=["S01"]).status_code == 200


@pytest.mark.proves("SAF-2", kind="fault")
def test_a_repeat_with_its_key_opens_no_second_case(api: ApiClient, report: Body) -> None:
    first = api.post("/cases", json=report, at=NOW, key="same")
    again = api.post("/cases", json=report, at=NOW, key="same")
    assert (again.status_code, again.text) == (201, first.text)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(api.get("/cases").json()["items"]) == 1


def test_case_numbers_have_no_gaps_whoever_comes_at_once_and_whatever_is_refused(
    api: ApiClient, report: Body
) -> None:
    calls = []
    for index in range(12):
        body = report | ({"subject": "S09-009"} if index % 3 == 0 else {})
        calls.append(api.call("POST", "/cases", json=body, at=NOW))
    statuses = sorted(answer.status_code for answer in api.together(calls))
    assert statuses == [201] * 8 + [422] * 4
    numbers = [case["case_number"] for case in api.get("/cases").json()["items"]]
    assert numbers == [f"NCT05748171-{number:04d}" for number in range(1, 9)]


def test_cases_are_listed_in_pages_in_the_order_of_their_numbers(
    api: ApiClient, report: Body
) -> None:
    for _ in range(5):
        opened(api, report)
    found, after = [], ""
    while True:
        page = api.get(f"/cases?limit=2&after={after}").json()
        found += [case["case_number"] for case in page["items"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert found == [f"NCT05748171-{number:04d}" for number in range(1, 6)]


def test_a_role_that_may_not_see_the_arm_sees_neither_suspect_drug_nor_free_text(
    api: ApiClient, report: Body
) -> None:
    case = opened(api, report | {"suspect_product": "INO"})
    assert (case["suspect_product"], case["withheld"]) == ("INO", [])
    masked = api.get(f"/cases/{case['case_number']}", role="medical_monitor")
    assert (masked.json()["suspect_product"], masked.json()["narrative"]) == (None, None)
    assert masked.json()["withheld"] == [
        "suspect_product", "further_products", "narrative", "special_interest", "judgements",
        "actions", "concomitants", "administrations", "recurrences", "documents",
        "other_identifiers", "history", "other_history", "weight_kg", "height_cm", "tests",
        "latencies", "past_drugs", "other_therapies", "literature", "death", "last_period_on",
        "offspring", "parent", "comments",
    ]  # fmt: skip
    assert masked.json()["criteria"]["missing"] == []
    other = opened(api, report | {"suspect_product": "DEX", "narrative": "Other words."})
    # Each is suspected to be a duplicate of the other.
    ids = {"case_id", "case_number", "obligations", "duplicates"}
    masked = api.get(f"/cases/{case['case_number']}", role="medical_monitor")
    again = api.get(f"/cases/{other['case_number']}", role="medical_monitor").json()
    assert _without(masked.json(), ids) == _without(again, ids)


def test_a_case_opened_by_a_masked_role_is_answered_masked(api: ApiClient, report: Body) -> None:
    case = opened(api, report | {"suspect_product": "INO"}, role="medical_monitor")
    assert case["suspect_product"] is None
    number = case["case_number"]
    assert api.get(f"/cases/{number}").json()["suspect_product"] == "INO"


@pytest.mark.parametrize("role", ["sponsor", "dmc", "iwrs", "data_manager", "admin", "cra"])
def test_a_role_without_a_part_in_safety_reads_and_reports_nothing(
    api: ApiClient, report: Body, role: str
) -> None:
    assert api.get("/cases", role=role).status_code == 403
    assert api.post("/cases", json=report, role=role).status_code == 403


def test_a_study_without_a_safety_section_takes_no_case(
    api: ApiClient, report: Body, activate: Callable[[str], StudyDefinition], trial: Trial
) -> None:
    study = "freireich-1963"
    activate(study)
    trial.add_subject("S01-001", study=study)
    answer = api.post("/cases", json=report, study=study, at=NOW)
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:induct:problem:no-safety-section"


def test_every_field_of_a_case_is_in_the_audit_trail(
    api: ApiClient, report: Body, database: TestDatabase
) -> None:
    opened(api, report)
    rows = database.rows(
        "SELECT field, new_value, actor_role FROM platform.audit"
        " WHERE table_name = 'safety.case_version' AND field IN ('event_term', 'grade')"
        " ORDER BY field"
    )
    assert rows == [
        ("event_term", "Febrile neutropenia", "coordinator"),
        ("grade", "4", "coordinator"),
    ]


def _without(body: Body, names: set[str]) -> Body:
    return {name: value for name, value in body.items() if name not in names}


@pytest.mark.parametrize("actions", [{"ASPIRIN": "WITHDRAWN"}, {"INO": "STOPPED"}])
def test_an_action_is_of_a_product_of_the_trial_and_one_of_the_known(
    api: ApiClient, report: dict[str, Any], actions: dict[str, str]
) -> None:
    refused = api.post("/cases", json=report | {"actions": actions}, at=NOW)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"].startswith("/actions")
