"""Corrections, receipts and duplicates over HTTP: nothing puts a due date off in silence."""

from typing import Any

import pytest

from tests.services.safety.life import Life, on
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

Body = dict[str, Any]


@pytest.fixture
def life(api: ApiClient, report: Body) -> Life:
    return Life(api, report)


def amend(life: Life, status: int, signed_by: str = "", **changes: Any) -> Body:
    body = life._content() | {"reason": "typed wrongly"} | changes
    headers = {"If-Match": life.etag()}
    return life.post("/amendments", body, on(2), status, role="coordinator", signed_by=signed_by,
                     headers=headers)  # fmt: skip


def test_day_zero_moves_later_only_under_the_signature_of_the_desk_and_earlier_always(
    life: Life, database: TestDatabase
) -> None:
    later = {"received_at": "2026-02-22T12:00:00+01:00"}
    before = life.read(at=on(2))
    refused = amend(life, 401, **later)
    assert refused["type"] == "urn:induct:problem:signature-required"
    amend(life, 401, aware_at="2026-02-20T11:00:00+01:00")
    amend(life, 401, seriousness=[], special_interest={"code": "SOS_VOD", "criteria_set":
          "ebmt_paediatric", "inputs": {}})  # fmt: skip
    amend(life, 403, signed_by="investigator", **later)
    assert life.read(at=on(2)) == before
    assert database.rows("SELECT count(*) FROM platform.signature") == [(0,)]
    life.case = amend(life, 201, received_at="2026-02-19T12:00:00+01:00",
                      aware_at="2026-02-19T11:00:00+01:00")  # fmt: skip
    assert life.owes(at=on(2))["eu_susar_other"] == "2026-03-06"
    life.case = amend(life, 201, signed_by="safety_desk", **later)
    assert life.owes(at=on(2))["eu_susar_other"] == "2026-03-09"
    version = life.read(query="/versions")["items"][-1]
    assert (version["kind"], version["reason"]) == ("amendment", "typed wrongly")
    moved = life.read(query="/history")["changes"][-1]
    assert (moved["cause_kind"], moved["role"]) == ("follow_up", "coordinator")
    signed = database.rows("SELECT DISTINCT s.meaning, s.signer_role, s.signed_key, f.reason"
                           " FROM platform.signature s JOIN safety.case_fact f"
                           " USING (signature_id)")  # fmt: skip
    assert [(m, r, k[-2:], w) for m, r, k, w in signed if isinstance(k, str)] == [
        ("due-date-put-off", "safety_desk", "/3", "typed wrongly")
    ]


def test_a_receipt_without_seriousness_leaves_a_fatal_clock_running(life: Life) -> None:
    life.follow_up(on(1), seriousness=["death"], grade=5)
    due = life.owes(at=on(2))
    assert due["eu_susar_fatal"] == "2026-02-28"
    receipt = {
        "party": "affiliate", "source": "Affiliate", "received_at": on(1.5).isoformat(),
        "criteria": ["event"], "reason": "told by the affiliate",
    }  # fmt: skip
    life.post("/receipts", receipt, on(2))
    assert life.owes(at=on(2)) == due


def test_a_death_that_the_cro_knew_of_first_and_told_last_starts_the_seven_days(
    life: Life,
) -> None:
    life.follow_up(
        on(2), received_at="2026-02-19T08:00:00Z", received_by="cro", seriousness=["death"],
        grade=5, aware_at="2026-02-19T07:00:00Z",
    )  # fmt: skip
    owed = life.owes(at=on(2))
    assert {owed[f"{rules}_susar_fatal"] for rules in ("eu", "uk", "us")} == {"2026-02-26"}


def test_an_event_that_is_left_out_leaves_its_neighbours_judgement_with_its_neighbour(
    api: ApiClient, report: Body
) -> None:
    sepsis = {"event_term": "Sepsis", "grade": 4, "seriousness": ["life_threatening"]}
    rash = {"event_term": "Rash maculo-papular", "grade": 3, "seriousness": ["disability"]}
    life = Life(api, report, further_events=[sepsis, rash])
    life.judge(on(1), kind="anticipated", event="3", listed=True)
    life.follow_up(on(2), further_events=[rash])
    assert [(e["number"], e["term"]) for e in life.case["events"]] == [
        ("1", "Febrile neutropenia"), ("3", "Rash maculo-papular"),
    ]  # fmt: skip
    # It came back under its number, and is asked for where it could be either.
    life.follow_up(on(3), further_events=[rash, {**sepsis, "number": "2"}])
    assert {e["number"]: e["term"] for e in life.case["events"]}["2"] == "Sepsis"
    body = life._content() | {"further_events": [{**rash, "event_term": "Rash"}],
                              "significant": True}  # fmt: skip
    asked = life.post("/follow-ups", body, on(4), 422, headers={"If-Match": life.etag()})
    assert [(e["pointer"], e["code"]) for e in asked["errors"]] == [
        ("/further_events/0/number", "event-number-missing")
    ]


def test_what_was_known_by_a_nullified_duplicate_counts_in_the_case_that_remains(
    life: Life, api: ApiClient, report: Body
) -> None:
    early = {"received_at": "2026-02-18T09:00:00Z", "received_zone": "Europe/London",
             "aware_at": "2026-02-18T08:00:00Z", "onset_on": "2026-02-18"}  # fmt: skip
    duplicate = Life(api, report | early, received_by="cro")
    life.post("/lock", {"locked": True, "reason": "closed for the year"}, on(1), status=200)
    duplicate.nullify(on(2), reason_code="duplicate", duplicate_of=life.case["case_number"])
    case = life.read(at=on(2))
    assert {each["held_on"] for each in case["criteria_held"]} == {"2026-02-18"}
    assert life.owes(at=on(2))["eu_susar_other"] == "2026-03-05"
    assert life.owes(at=on(2))["site_to_sponsor"] == "2026-02-19"
    assert (case["locked"], case["version"]) == (False, 1)
    changes = life.read(query="/history")["changes"]
    assert {each["cause_kind"] for each in changes} == {"receipt"}
    assert duplicate.owes(at=on(2)) == {}


def test_a_correction_after_the_report_keeps_it_on_the_list_and_owes_what_it_changes(
    life: Life,
) -> None:
    life.report_to(on(1), "EU", "eu_susar_other")
    life.amend(on(3), seriousness=["hospitalisation", "disability"])
    assert life.states()["eu_susar_other"] == "submitted"
    assert life.owes(at=on(3))["eu_follow_up"] == "2026-03-10"
    life.amend(on(4), seriousness=[], special_interest={"code": "SOS_VOD", "criteria_set":
               "ebmt_paediatric", "inputs": {}})  # fmt: skip
    assert life.states()["eu_susar_other"] == "submitted"
    assert life.owes(at=on(4)) == {"eu_downgrade": "2026-03-11", "site_to_sponsor": "2026-02-21"}


def test_a_masked_role_is_told_no_reason_because_free_text_may_name_the_drug(life: Life) -> None:
    life.amend(on(1), grade=3, reason="INO was meant")
    masked = life.read(query="/versions", role="medical_monitor")["items"]
    assert [each["reason"] for each in masked] == [None, None]
    assert life.read(query="/versions")["items"][1]["reason"] == "INO was meant"


def test_a_case_is_a_susar_in_the_summary_by_the_event_that_is_one(
    life: Life, api: ApiClient, report: Body
) -> None:
    rash = {"event_term": "Rash maculo-papular", "grade": 3, "seriousness": ["disability"],
            "onset_on": "2026-02-19"}  # fmt: skip
    life.follow_up(on(1), further_events=[rash])
    life.expectedness(on(1), True)
    where = "/safety-summary?first_day=2026-02-01&last_day=2026-03-31"
    items = api.get(where, role="safety_desk", at=on(2)).json()["items"]
    assert {each["term"]: each["susars_in_interval"] for each in items} == {
        "Febrile neutropenia": {}, "Rash maculo-papular": {"EU": 1, "UK": 1, "US": 1},
    }  # fmt: skip


def test_a_date_before_birth_or_after_the_report_is_asked_about_and_taken(
    api: ApiClient, report: Body
) -> None:
    born = Life(api, report, onset_on="2015-05-31")
    assert "onset-before-birth" in {each["code"] for each in born.case["questions"]}
    late = Life(api, report, received_at="2026-02-17T12:00:00+01:00", onset_on="2026-02-19")
    assert {"onset-after-receipt", "aware-after-receipt"} <= {
        each["code"] for each in late.case["questions"]
    }
    # Who told the sponsor knew by then: the site's day is not counted from later.
    assert late.owes()["site_to_sponsor"] == "2026-02-18"
