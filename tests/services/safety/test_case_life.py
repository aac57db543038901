"""The life of a case over HTTP: follow-up, amendment, nullification, receipts, lock, links."""

from typing import Any

import pytest

from tests.services.safety.life import NOW, Life, on
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

Body = dict[str, Any]


@pytest.fixture
def life(api: ApiClient, report: Body) -> Life:
    return Life(api, report)


def test_a_follow_up_is_a_version_that_says_what_it_changed(life: Life) -> None:
    case = life.follow_up(on(3), seriousness=["hospitalisation", "death"], grade=5)
    assert (case["version"], case["kind"], case["significant"]) == (2, "follow_up", True)
    versions = life.read(query="/versions")["items"]
    assert [each["kind"] for each in versions] == ["initial", "follow_up"]
    changed = {each["field"]: (each["old"], each["new"]) for each in versions[1]["changes"]}
    assert changed["grade"] == (4, 5)
    assert changed["seriousness"] == (["hospitalisation"], ["hospitalisation", "death"])
    assert (versions[1]["actor"], versions[1]["role"]) == ("safety_desk-client", "safety_desk")
    assert life.owes(at=on(3))["eu_susar_fatal"] == "2026-03-02"


def test_what_a_due_date_hangs_on_is_significant_whatever_a_person_says(life: Life) -> None:
    case = life.follow_up(on(1), significant=False, seriousness=["disability"])
    assert case["significant"]
    assert not life.follow_up(on(2), significant=False, narrative="More words.")["significant"]


def test_a_follow_up_needs_the_version_it_is_based_on(life: Life) -> None:
    body = life._content() | {"significant": True}
    missing = life.api.post(life.path + "/follow-ups", json=body, at=NOW)
    assert missing.status_code == 428
    stale = life.api.post(life.path + "/follow-ups", json=body, at=NOW, headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    assert life.read()["version"] == 1
    read = life.api.get(life.path)
    assert read.headers["ETag"] == '"1"'


def test_two_follow_ups_on_one_version_at_once_are_one_version_and_one_refusal(life: Life) -> None:
    body = life._content() | {"significant": True}
    calls = [
        life.api.call(
            "POST", life.path + "/follow-ups", json=body, at=on(1), headers={"If-Match": '"1"'}
        )
        for _ in range(3)
    ]
    assert sorted(each.status_code for each in life.api.together(calls)) == [201, 412, 412]


def test_what_is_malformed_in_a_follow_up_is_refused_and_changes_nothing(life: Life) -> None:
    body = life._content() | {"significant": True, "grade": 2}
    refused = life.api.post(
        life.path + "/follow-ups", json=body, at=NOW, headers={"If-Match": '"1"'}
    )
    assert refused.json()["errors"][0]["code"] == "grade-impossible"
    assert life.read()["version"] == 1


def test_a_case_is_read_as_it_was_known_at_any_instant(life: Life) -> None:
    before = life.read(at=on(1))
    life.follow_up(on(3), seriousness=["death"], grade=5)
    then = life.read(query="?as_of=2026-02-21T12:00:00Z", at=on(5))
    # Another case may turn up as a duplicate; what was known of this one does not change.
    assert then == before
    early = life.api.get(life.path + "?as_of=2026-02-19T12:00:00Z", role="safety_desk")
    assert early.status_code == 404


def test_an_amendment_corrects_from_the_receipt_on_and_yesterday_stays_what_it_was(
    api: ApiClient, report: Body
) -> None:
    life = Life(api, report, seriousness=["hospitalisation", "death"], grade=5)
    assert life.owes(at=NOW)["eu_susar_fatal"] == "2026-02-27"
    case = life.amend(on(2), seriousness=["hospitalisation"], grade=4)
    assert (case["kind"], case["version"]) == ("amendment", 2)
    owed = life.owes(at=on(2))
    assert "eu_susar_fatal" not in owed
    # The 15 days count from the report, not from the correction.
    assert owed["eu_susar_other"] == "2026-03-07"
    then = life.read(query="?as_of=2026-02-21T00:00:00Z", at=on(3))
    assert {each["clock"] for each in then["obligations"]} >= {"eu_susar_fatal"}


def test_an_amended_receipt_moves_day_zero_by_a_new_obligation_and_edits_no_date(
    life: Life, database: TestDatabase
) -> None:
    life.amend(on(2), received_at="2026-02-18T12:00:00+01:00")
    assert life.owes(at=on(2))["eu_susar_other"] == "2026-03-05"
    rows = database.rows(
        "SELECT due_on::text, state FROM safety.obligation WHERE clock_id = 'eu_susar_other'"
        " ORDER BY due_on"
    )
    assert rows == [("2026-03-05", "open"), ("2026-03-07", "superseded")]
    changes = life.read(query="/history")["changes"]
    moved = [each for each in changes if each["clock"] == "eu_susar_other"][-1]
    assert (moved["old_due_at"], moved["new_due_at"]) == (
        "2026-03-07T22:59:59Z",
        "2026-03-05T22:59:59Z",
    )
    assert (moved["old_state"], moved["new_state"]) == ("open", "open")
    assert moved["actor"] == "safety_desk-client"


def test_an_amendment_needs_a_reason(life: Life) -> None:
    refused = life.api.post(
        life.path + "/amendments", json=life._content(), at=NOW, headers={"If-Match": '"1"'}
    )
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/reason"


def test_the_earliest_receipt_counts_also_where_it_is_recorded_last(life: Life) -> None:
    receipt = {
        "party": "cro",
        "source": "CRO duty desk",
        "received_at": "2026-02-18T08:00:00Z",
        "received_zone": "Europe/London",
        "criteria": ["identifiable_patient", "identifiable_reporter", "event", "suspect_product"],
        "reason": "told by the CRO",
    }
    case = life.post("/receipts", receipt, on(1))
    other = {each["clock"]: each for each in case["obligations"]}["eu_susar_other"]
    assert (other["day_zero"], other["due_on"], other["zone"]) == (
        "2026-02-18",
        "2026-03-05",
        "Europe/London",
    )
    held = {each["criterion"]: each["held_on"] for each in case["criteria_held"]}
    assert set(held.values()) == {"2026-02-18"}
    assert case["version"] == 1


def test_a_receipt_in_the_future_or_in_no_zone_is_refused(life: Life) -> None:
    receipt = {
        "party": "cro", "source": "CRO", "received_at": "2026-03-18T08:00:00Z",
        "received_zone": "Nowhere", "criteria": [], "seriousness": ["bad_luck"],
        "reason": "a test",
    }  # fmt: skip
    refused = life.post("/receipts", receipt, on(1), status=422)
    assert {(each["pointer"], each["code"]) for each in refused["errors"]} == {
        ("/received_at", "in-the-future"),
        ("/received_zone", "zone-unknown"),
        ("/seriousness/0", "criterion-unknown"),
    }


def test_a_criterion_held_later_moves_day_zero_to_its_day_and_each_is_shown_with_its_date(
    api: ApiClient, report: Body
) -> None:
    life = Life(api, report, suspect_product=None)
    assert life.owes(at=NOW)["eu_susar_other"] == "2026-03-07"
    case = life.follow_up(on(3), suspect_product="INO")
    held = {each["criterion"]: each["held_on"] for each in case["criteria_held"]}
    assert held["event"] == "2026-02-20"
    assert held["suspect_product"] == "2026-02-23"
    assert life.owes(at=on(3))["eu_susar_other"] == "2026-03-10"


def test_a_locked_case_takes_no_correction_until_it_is_unlocked(life: Life) -> None:
    case = life.post("/lock", {"locked": True, "reason": "closed for the year"}, on(1), status=200)
    assert case["locked"]
    again = life.post("/lock", {"locked": True, "reason": "once more"}, on(1), status=409)
    assert again["type"] == "urn:induct:problem:lock-unchanged"
    headers = {"If-Match": '"1"'}
    body = life._content() | {"reason": "typed wrongly"}
    refused = life.post("/amendments", body, on(1), status=409, headers=headers)
    assert refused["type"] == "urn:induct:problem:case-locked"
    life.post("/lock", {"locked": False, "reason": "open again"}, on(2), status=200)
    assert life.amend(on(2), grade=3)["version"] == 2


def test_new_information_reopens_a_locked_case_because_it_must_not_wait(life: Life) -> None:
    life.post("/lock", {"locked": True, "reason": "closed for the year"}, on(1), status=200)
    case = life.follow_up(on(2), seriousness=["death"], grade=5)
    assert (case["locked"], case["version"]) == (False, 2)


def test_a_nullified_case_owes_nothing_and_takes_no_change(life: Life) -> None:
    case = life.nullify(on(1), reason_code="invalid")
    assert (case["nullified"], case["kind"], case["version"]) == (True, "nullification", 2)
    assert life.owes(at=on(1)) == {}
    body = life._content() | {"significant": True}
    headers = {"If-Match": life.etag()}
    refused = life.post("/follow-ups", body, on(2), status=409, headers=headers)
    assert refused["type"] == "urn:induct:problem:case-nullified"


def test_a_reported_case_that_is_nullified_owes_its_nullification(life: Life) -> None:
    life.report_to(on(2), "EU", "eu_susar_other")
    life.nullify(on(3), reason_code="invalid")
    assert life.owes(at=on(3)) == {"eu_nullification": "2026-03-10"}
    life.report_to(on(4), "EU", "eu_nullification")
    assert life.owes(at=on(4)) == {}


def test_a_nullification_that_nobody_sends_is_waived_like_any_other_obligation(life: Life) -> None:
    life.report_to(on(2), "EU", "eu_susar_other")
    life.nullify(on(3), reason_code="invalid")
    (owing,) = (o for o in life.read(at=on(3))["obligations"] if o["clock"] == "eu_nullification")
    where = f"/obligations/{owing['obligation_id']}/waiver"
    life.post(where, {"reason": "withdrawn by telephone"}, on(4))
    assert life.states(at=on(4))["eu_nullification"] == "waived"


def test_only_invalid_and_duplicate_cases_are_nullified_and_a_duplicate_names_the_other(
    life: Life, api: ApiClient, report: Body
) -> None:
    other = Life(api, report)
    headers = {"If-Match": '"1"'}

    def refused(**body: Any) -> Body:
        body = {"reason": "see the other"} | body
        return life.post("/nullification", body, on(1), status=422, headers=headers)

    downgrade = refused(reason_code="not-related")
    assert downgrade["errors"][0]["pointer"] == "/reason_code"
    for body in (
        {"reason_code": "duplicate"},
        {"reason_code": "invalid", "duplicate_of": other.case["case_number"]},
        {"reason_code": "duplicate", "duplicate_of": life.case["case_number"]},
        {"reason_code": "duplicate", "duplicate_of": "NCT05748171-9999"},
    ):
        assert refused(**body)["type"] == "urn:induct:problem:nullification-refused"
    duplicate = {"reason_code": "duplicate", "duplicate_of": other.case["case_number"]}
    assert life.nullify(on(1), **duplicate)["nullified"]
    # One of the two must remain.
    body = {"reason_code": "duplicate", "duplicate_of": life.case["case_number"], "reason": "same"}
    circle = other.post("/nullification", body, on(2), status=422, headers=headers)
    assert circle["errors"][0]["code"] == "nullified"


def test_a_nullification_is_signed(life: Life) -> None:
    unsigned = life.api.post(
        life.path + "/nullification",
        json={"reason_code": "invalid", "reason": "no such child"},
        at=NOW,
        role="safety_desk",
        signed_by="",
        headers={"If-Match": '"1"'},
    )
    assert unsigned.status_code == 401
    assert not life.read()["nullified"]


def test_an_answer_says_what_the_call_opened_and_closed_and_a_read_says_nothing(
    life: Life,
) -> None:
    opened = {each["clock"]: (each["old_state"], each["new_state"]) for each in life.case["moved"]}
    assert opened == dict.fromkeys(
        ("site_to_sponsor", "eu_susar_other", "us_susar_other", "us_investigators",
         "uk_susar_other"), (None, "open"),
    )  # fmt: skip
    worse = life.follow_up(on(3), seriousness=["death"], grade=5)
    assert {each["clock"] for each in worse["moved"]} == {
        "eu_susar_fatal", "eu_susar_fatal_completion", "us_susar_fatal", "uk_susar_fatal",
        "uk_susar_fatal_completion",
    }  # fmt: skip
    assert life.follow_up(on(4), seriousness=["death"], grade=5, outcome="FATAL")["moved"] == []
    assert life.read(at=on(4))["moved"] == []
    closed = life.expectedness(on(5), True)["moved"]
    assert {(each["clock"], each["new_state"]) for each in closed} >= {
        ("eu_susar_fatal", "superseded"), ("eu_susar_other", "superseded"),
    }  # fmt: skip


def test_reports_are_linked_without_changing_either(
    life: Life, api: ApiClient, report: Body
) -> None:
    other = Life(api, report).case["case_number"]
    link = {"case_number": other, "relation": "related", "reason": "same admission"}
    case = life.post("/links", link, on(1))
    assert case["links"] == [{"case_number": other, "external_id": None, "relation": "related"}]
    assert case["version"] == 1
    for body in (
        {"relation": "related", "reason": "nothing named"},
        {"case_number": life.case["case_number"], "relation": "related", "reason": "itself"},
        {"case_number": other, "external_id": "X", "relation": "related", "reason": "both"},
    ):
        refused = life.post("/links", body, on(1), status=422)
        assert refused["type"] == "urn:induct:problem:link-refused"


def test_an_event_of_special_interest_runs_the_site_clock_also_where_it_is_not_serious(
    api: ApiClient, report: Body
) -> None:
    told = {
        "code": "SOS_VOD", "criteria_set": "ebmt_paediatric",
        "inputs": {"weight": "31.5", "ascites": "true"},
    }  # fmt: skip
    life = Life(
        api,
        report,
        seriousness=[],
        event_term="Hepatobiliary disorders - Other, specify",
        grade=3,
        special_interest=told,
    )
    assert (life.case["origin"], life.case["serious"]) == ("special_interest", False)
    assert life.case["special_interest"] == told | {"criteria_version": "2018"}
    assert life.owes(at=NOW) == {"site_to_sponsor": "2026-02-21"}
    assert {each["outcome"] for each in life.case["rulings"]} == {"not_expedited"}


def test_seriousness_is_judged_event_by_event(api: ApiClient, report: Body) -> None:
    further = [{"event_term": "Sepsis", "grade": 5, "seriousness": ["death"]}]
    life = Life(api, report, further_events=further)
    assert [(each["number"], each["seriousness"]) for each in life.case["events"]] == [
        ("1", ["hospitalisation"]),
        ("2", ["death"]),
    ]
    assert "eu_susar_fatal" in life.owes(at=NOW)
    assert life.case["questions"] == [
        {
            "code": "grade-4-without-life-threatening", "event": "1",
            "text": "Grade 4: was the child at immediate risk of death?",
        }
    ]  # fmt: skip


def test_a_masked_role_sees_no_change_that_may_tell_the_arm(life: Life) -> None:
    life.follow_up(on(1), suspect_product="DEX", grade=3)
    versions = life.read(query="/versions", role="medical_monitor")["items"]
    changed = {each["field"]: (each["old"], each["new"]) for each in versions[1]["changes"]}
    assert changed["grade"] == (4, 3)
    assert "suspect_product" not in changed
    items = life.read(query="/obligations", role="medical_monitor")["items"]
    assert items
    kinds = {fact["kind"] for each in items for fact in each["trace"]}
    assert not kinds & {"suspect", "causality", "expectedness"}


def test_another_sites_case_is_not_there_for_any_step(life: Life) -> None:
    for where in ("/versions", "/obligations", "/history", "/judgements", "/narrative"):
        answer = life.api.get(life.path + where, sites=["S02"])
        assert answer.status_code == 404, where
