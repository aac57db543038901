"""Cases held against clinical adverse events, whenever one of them changes."""

from typing import Any

import pytest

from tests.services.safety.life import Life, on
from tests.services.safety.trial import RECORDED_AT, SERIOUS_EVENT, Trial
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

Body = dict[str, Any]
QUIET = {"term": "Febrile neutropenia", "grade": "4", "start_date": "2026-02-19",
         "serious": "false"}  # fmt: skip


def differences(api: ApiClient, **options: Any) -> Body:
    answer = api.get("/reconciliation", **({"role": "data_manager"} | options))
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.proves("C28", kind="positive")
def test_a_case_from_a_record_agrees_with_it_until_one_of_them_changes(
    trial: Trial, api: ApiClient
) -> None:
    record = trial.record(SERIOUS_EVENT)
    trial.tell(record)
    assert differences(api) == {"cases": 1, "records": 1, "items": []}
    (summary,) = api.get("/cases").json()["items"]
    body = {
        "event_term": "Febrile neutropenia", "grade": 5, "seriousness": ["death"],
        "onset_on": "2026-02-19", "aware_at": RECORDED_AT.isoformat(), "significant": True,
        "outcome": "FATAL",
    }  # fmt: skip
    path = f"/cases/{summary['case_number']}/follow-ups"
    answer = api.post(path, json=body, at=on(2), headers={"If-Match": '"1"'})
    assert answer.status_code == 201, answer.text
    found = {each["field"]: each for each in differences(api)["items"]}
    assert {name: (each["case_value"], each["record_value"]) for name, each in found.items()} == {
        "grade": ("5", "4"),
        "criteria": ("death", "hospitalisation"),
        "outcome": ("FATAL", None),
    }
    trial.correct(record, {"grade": "5", "death": "true", "hospitalisation": "false",
                           "outcome": "FATAL"}, version=2)  # fmt: skip
    trial.tell(record, version=2)
    assert differences(api)["items"] == []


def test_a_correction_of_the_record_leaves_what_the_desk_learned_and_its_clock(
    trial: Trial, api: ApiClient
) -> None:
    record = trial.record(SERIOUS_EVENT)
    trial.tell(record)
    (summary,) = api.get("/cases").json()["items"]
    path = f"/cases/{summary['case_number']}"
    body = {
        "event_term": "Febrile neutropenia", "grade": 5, "seriousness": ["death"],
        "onset_on": "2026-02-19", "aware_at": RECORDED_AT.isoformat(), "significant": True,
        "outcome": "FATAL", "suspect_product": "INO", "narrative": "Died at home.",
    }  # fmt: skip
    answer = api.post(path + "/follow-ups", json=body, at=on(1), headers={"If-Match": '"1"'})
    assert answer.status_code == 201, answer.text
    fatal = running(api, path)
    assert "eu_susar_fatal" in fatal
    trial.correct(record, {"end_date": "2026-02-21"}, version=2)
    trial.tell(record, version=2, at=on(2))
    case = api.get(path, role="safety_desk").json()
    told = (case["grade"], case["seriousness"], case["version"], case["events"][0]["ended_on"])
    assert told == (5, ["death"], 3, "2026-02-21")
    assert fatal <= running(api, path)


def running(api: ApiClient, path: str) -> set[str]:
    """The clocks of a case that run."""
    case = api.get(path, role="safety_desk").json()
    return {each["clock"] for each in case["obligations"] if each["state"] == "open"}


def test_a_record_taken_back_leaves_its_case_as_it_was_and_shows_as_differences(
    trial: Trial, api: ApiClient
) -> None:
    record = trial.record(SERIOUS_EVENT)
    trial.tell(record)
    (before,) = api.get("/cases").json()["items"]
    trial.correct(record, dict.fromkeys(SERIOUS_EVENT), version=2)
    trial.tell(record, version=2, serious=False)
    assert api.get("/cases").json()["items"] == [before]
    found = {each["field"]: each["record_value"] for each in differences(api)["items"]}
    known = {"serious": "no", "criteria": ""}
    assert found == dict.fromkeys(found) | known
    assert {"term", "onset", "grade", "serious"} <= found.keys()


def test_a_direct_report_is_matched_by_subject_and_term_and_its_seriousness_compared(
    trial: Trial, api: ApiClient, report: Body
) -> None:
    Life(api, report)
    (missing,) = differences(api)["items"]
    assert (missing["kind"], missing["case_number"]) == (
        "case-without-event",
        "NCT05748171-0001",
    )
    trial.tell(trial.record(QUIET), serious=False)
    found = {each["field"]: each for each in differences(api)["items"]}
    assert found.keys() == {"serious", "criteria"}
    assert (found["serious"]["case_value"], found["serious"]["record_value"]) == ("yes", "no")


def test_a_record_that_is_not_serious_and_has_no_case_is_no_difference(
    trial: Trial, api: ApiClient, database: TestDatabase
) -> None:
    trial.tell(trial.record(QUIET), serious=False)
    assert differences(api) == {"cases": 0, "records": 1, "items": []}
    assert database.rows("SELECT count(*) FROM safety.safety_case") == [(0,)]


def test_a_nullified_case_leaves_its_serious_record_without_a_case(
    trial: Trial, api: ApiClient
) -> None:
    trial.tell(trial.record(SERIOUS_EVENT))
    (summary,) = api.get("/cases").json()["items"]
    answer = api.post(
        f"/cases/{summary['case_number']}/nullification",
        json={"reason_code": "invalid", "reason": "entered by mistake"},
        role="safety_desk",
        headers={"If-Match": '"1"'},
    )
    assert answer.status_code == 201, answer.text
    (left,) = differences(api)["items"]
    assert (left["kind"], left["case_number"]) == ("event-without-case", None)


def test_a_note_holds_for_the_values_it_was_made_of(
    trial: Trial, api: ApiClient, report: Body
) -> None:
    life = Life(api, report)
    trial.tell(trial.record(QUIET | {"serious": "true", "hospitalisation": "true", "grade": "3"}))
    # The record opened a case of its own: the direct report stays without an event.
    other = differences(api)
    (found,) = other["items"]
    assert (found["kind"], found["status"], found["owner"]) == ("case-without-event", "open", None)
    note = {"status": "explained", "owner": "Data management", "reason": "one event, two cases"}
    where = f"/reconciliation/{found['difference_id']}/notes"
    noted = api.post(where, json=note, role="data_manager").json()["items"][0]
    assert (noted["status"], noted["owner"], noted["noted_by"]) == (
        "explained",
        "Data management",
        "data_manager-client",
    )
    life.nullify(on(1), reason_code="duplicate", duplicate_of="NCT05748171-0002")
    assert differences(api)["items"] == []
    assert api.post(where, json=note, role="data_manager").status_code == 404


def test_the_reconciliation_shows_what_is_in_reach_and_nothing_of_the_arm(
    trial: Trial, api: ApiClient, report: Body
) -> None:
    Life(api, report)
    assert differences(api, role="coordinator", sites=["S02"])["items"] == []
    text = api.get("/reconciliation", role="data_manager").text
    assert "INO" not in text
    assert api.get("/reconciliation", role="medical_monitor").status_code == 403


@pytest.mark.parametrize("order", [(1, 2), (2, 1), (2, 2, 1)])
def test_events_about_a_record_may_come_in_any_order_and_twice(
    trial: Trial, database: TestDatabase, order: tuple[int, ...]
) -> None:
    record = trial.record(QUIET)
    trial.correct(record, {"grade": "3"}, version=2)
    for version in order:
        trial.tell(record, version=version, serious=False)
    rows = database.rows("SELECT record_version, grade FROM safety.adverse_event")
    assert rows == [(2, 3)]


def test_every_event_of_a_case_is_held_against_a_record_of_its_own(
    trial: Trial, api: ApiClient, report: Body
) -> None:
    trial.tell(trial.record(SERIOUS_EVENT))
    (summary,) = api.get("/cases").json()["items"]
    second = {
        "event_term": "Sepsis", "grade": 4, "seriousness": ["life_threatening"],
        "onset_on": "2026-02-25",
    }  # fmt: skip
    body = {
        "event_term": "Febrile neutropenia", "grade": 4, "seriousness": ["hospitalisation"],
        "onset_on": "2026-02-19", "aware_at": RECORDED_AT.isoformat(), "significant": True,
        "further_events": [second],
    }  # fmt: skip
    path = f"/cases/{summary['case_number']}/follow-ups"
    answer = api.post(path, json=body, at=on(6), headers={"If-Match": '"1"'})
    assert answer.status_code == 201, answer.text
    (missing,) = differences(api)["items"]
    assert (missing["kind"], missing["event"]) == ("case-without-event", "2")
    record = {"term": "Sepsis", "grade": "3", "start_date": "2026-02-25", "serious": "false"}
    trial.tell(trial.record(record, repeat=2), serious=False)
    found = {each["field"]: each for each in differences(api)["items"]}
    assert found.keys() == {"grade", "serious", "criteria"}
    assert {each["event"] for each in found.values()} == {"2"}
    assert (found["grade"]["case_value"], found["grade"]["record_value"]) == ("4", "3")


def test_causality_is_compared_as_a_whole_and_by_product_for_those_alone_who_know_the_arm(
    trial: Trial, api: ApiClient
) -> None:
    record = trial.record(SERIOUS_EVENT | {"relationship": "RELATED", "relation_ino": "RELATED"})
    trial.tell(record)
    assert differences(api, role="safety_desk")["items"] == []
    # The site takes its word back; the case keeps it, until an investigator signs otherwise.
    changes = {"relationship": "NOT_RELATED", "relation_ino": "NOT_RELATED"}
    trial.correct(record, changes, version=2)
    trial.tell(record, version=2)
    (masked,) = differences(api)["items"]
    assert (masked["field"], masked["case_value"], masked["record_value"]) == (
        "causality",
        "related",
        "not related",
    )
    seen = {each["field"]: each for each in differences(api, role="safety_desk")["items"]}
    assert seen.keys() == {"causality", "causality INO"}
    note = {"status": "resolved", "owner": "Desk", "reason": "asked the investigator to sign"}
    where = f"/reconciliation/{seen['causality INO']['difference_id']}/notes"
    assert api.post(where, json=note, role="data_manager").status_code == 404
    assert api.post(where, json=note, role="safety_desk").status_code == 201


def test_what_was_done_with_a_drug_is_compared_for_those_alone_who_know_the_arm(
    trial: Trial, api: ApiClient
) -> None:
    record = trial.record(SERIOUS_EVENT | {"relation_ino": "RELATED", "action_ino": "NOT_CHANGED"})
    trial.tell(record)
    assert differences(api, role="safety_desk")["items"] == []
    summary = api.get("/cases", role="safety_desk").json()["items"][0]
    case = api.get(f"/cases/{summary['case_number']}", role="safety_desk").json()
    kept = ("event_term", "grade", "seriousness", "onset_on", "aware_at", "suspect_product")
    body = {name: case[name] for name in kept} | {
        "significant": False, "received_at": on(1).isoformat(), "actions": {"INO": "WITHDRAWN"},
    }  # fmt: skip
    answer = api.post(
        f"/cases/{case['case_number']}/follow-ups", json=body, at=on(1), role="safety_desk",
        headers={"If-Match": '"1"'},
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    (found,) = differences(api, role="safety_desk")["items"]
    assert (found["field"], found["case_value"], found["record_value"]) == (
        "action INO", "WITHDRAWN", "NOT_CHANGED",
    )  # fmt: skip
    assert differences(api)["items"] == []


def test_the_day_of_death_is_held_against_the_sites_form_of_survival(
    trial: Trial, api: ApiClient
) -> None:
    died = SERIOUS_EVENT | {
        "grade": "5", "death": "true", "outcome": "FATAL", "end_date": "2026-02-20",
    }  # fmt: skip
    trial.tell(trial.record(died))
    (missing,) = differences(api)["items"]
    assert (missing["field"], missing["case_value"], missing["record_value"]) == (
        "death",
        "2026-02-20",
        None,
    )
    status = {"status": "DEAD", "death_date": "2026-02-21"}
    survival = trial.record(status, form="survival_status")
    (other,) = differences(api)["items"]
    assert (other["field"], other["record_value"]) == ("death", "2026-02-21")
    trial.correct(survival, {"death_date": "2026-02-20"}, version=2)
    assert differences(api)["items"] == []


def test_a_difference_is_open_until_a_person_says_why_and_what_was_resolved_can_be_left_out(
    trial: Trial, api: ApiClient, report: Body
) -> None:
    Life(api, report)
    (found,) = differences(api)["items"]
    where = f"/reconciliation/{found['difference_id']}/notes"
    note = {"status": "resolved", "owner": "Data management", "reason": "record is being entered"}
    for status in ("queried", "resolved"):
        noted = api.post(where, json=note | {"status": status}, role="data_manager")
        assert noted.json()["items"][0]["status"] == status
    assert api.post(where, json=note | {"reason": ""}, role="data_manager").status_code == 422
    listed = api.get("/reconciliation?status=open", role="data_manager").json()
    assert (listed["items"], listed["cases"]) == ([], 1)
    (resolved,) = api.get("/reconciliation?status=resolved", role="data_manager").json()["items"]
    assert (resolved["reason"], resolved["noted_by"]) == (
        "record is being entered",
        "data_manager-client",
    )
    # The record came, and differs: that is another difference, and open.
    trial.tell(trial.record(QUIET), serious=False)
    assert {each["status"] for each in differences(api)["items"]} == {"open"}
