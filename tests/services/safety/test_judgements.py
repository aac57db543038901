"""Judgement, submissions, waivers and narratives: what is signed about a case."""

import io
import json
from dataclasses import replace
from typing import Any

import pytest

from services.safety.domain import rule_sets
from tests.services.safety.life import NOW, RSI, Life, on
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

Body = dict[str, Any]


@pytest.fixture
def life(api: ApiClient, report: Body) -> Life:
    return Life(api, report)


def outcomes(case: Body) -> Body:
    return {each["authority"]: each["outcome"] for each in case["rulings"]}


def test_causality_is_judged_by_each_party_and_the_authority_says_whose_counts(life: Life) -> None:
    life.causality(on(1), "investigator", True)
    case = life.causality(on(2), "safety_desk", False)
    assert outcomes(case) == {"EU": "susar", "UK": "susar", "US": "not_expedited"}
    judged = life.read(query="/judgements")["items"]
    assert [(each["party"], each["answer"]) for each in judged] == [
        ("investigator", True),
        ("sponsor", False),
    ]
    signed = judged[0]["signature"]
    assert (signed["name"], signed["meaning"]) == ("Investigator in Print", "medical-judgement")
    assert judged[0]["reason"] == "judged on all data"


def test_the_sites_clock_is_met_by_the_investigators_opinion(life: Life) -> None:
    assert life.states()["site_to_sponsor"] == "open"
    life.causality(on(0.5), "investigator", False)
    assert life.states()["site_to_sponsor"] == "submitted"


def test_expected_by_the_reference_information_in_force_ends_what_was_provisional(
    life: Life,
) -> None:
    case = life.expectedness(on(1), True)
    assert set(outcomes(case).values()) == {"not_expedited"}
    assert set(life.owes(at=on(1))) == {"site_to_sponsor"}
    (judged,) = life.read(query="/judgements")["items"]
    assert (judged["reference"], judged["regions"]) == (RSI, ["EU", "GB", "US"])
    case = life.expectedness(on(9), False)
    assert set(outcomes(case).values()) == {"susar"}
    assert life.owes(at=on(9))["eu_susar_other"] == "2026-03-16"


def test_the_lists_propose_and_a_person_decides(life: Life) -> None:
    (proposed,) = life.read(query="/judgements")["proposals"]
    assert proposed == {
        "event": "1", "product": "INO", "reference": RSI, "regions": ["EU", "GB", "US"],
        "in_force_on": "2026-02-19", "term_listed": False,
    }  # fmt: skip
    assert {each["provisional"] for each in life.read()["rulings"]} == {True}


def test_a_reference_that_was_not_in_force_at_the_onset_does_not_count(
    api: ApiClient, report: Body
) -> None:
    life = Life(api, report, onset_on="2023-05-16")
    refused = life.post(
        "/judgements",
        {"judgement": {"kind": "expectedness", "event": "1", "product": "INO", "expected": True,
                       "reference": RSI, "reason": "listed there"}},
        on(1),
        status=422,
    )  # fmt: skip
    assert refused["errors"][0]["code"] == "reference-not-in-force"


@pytest.mark.parametrize(
    ("judgement", "code"),
    [
        ({"kind": "causality", "event": "2", "product": "INO", "related": True}, "event-unknown"),
        (
            {"kind": "causality", "event": "1", "product": "DEX", "related": True},
            "product-not-suspect",
        ),
        (
            {"kind": "exemption", "event": "1", "exemption": "none", "applies": True},
            "exemption-unknown",
        ),
    ],
)
def test_a_judgement_that_does_not_fit_the_case_is_refused(
    life: Life, judgement: Body, code: str, database: TestDatabase
) -> None:
    body = {"judgement": judgement | {"reason": "a test"}}
    refused = life.post("/judgements", body, on(1), status=422)
    assert refused["errors"][0]["code"] == code
    assert database.rows("SELECT count(*) FROM platform.signature") == [(0,)]


def test_an_exemption_of_the_protocol_leaves_no_expedited_obligation_and_keeps_the_reason(
    life: Life,
) -> None:
    case = life.judge(on(1), kind="exemption", exemption="leukaemia_progression", applies=True)
    # It covers no event that is suspected, and the investigator has not said that it is not.
    assert set(outcomes(case).values()) == {"susar"}
    case = life.causality(on(1), "investigator", False)
    assert set(outcomes(case).values()) == {"exempt"}
    assert life.owes(at=on(1)) == {}
    judged = life.read(query="/judgements")["items"][0]
    assert (judged["reference"], judged["reason"]) == (
        "leukaemia_progression",
        "judged on all data",
    )
    case = life.causality(on(2), "investigator", True)
    assert set(outcomes(case).values()) == {"susar"}


def test_an_anticipated_event_is_watched_in_aggregate_in_the_us_only(life: Life) -> None:
    case = life.judge(on(1), kind="anticipated", listed=True)
    assert outcomes(case) == {"EU": "susar", "UK": "susar", "US": "aggregate_watch"}


def test_expectedness_is_the_sponsors_to_judge(life: Life) -> None:
    body = {
        "judgement": {"kind": "expectedness", "event": "1", "product": "INO", "expected": True,
                      "reference": RSI, "reason": "known"},
    }  # fmt: skip
    refused = life.post("/judgements", body, on(1), status=403, role="investigator")
    assert refused["type"] == "urn:induct:problem:not-yours-to-judge"


def test_a_judgement_without_a_signature_is_refused_and_an_arm_masked_role_gives_none(
    life: Life,
) -> None:
    body = {"judgement": {"kind": "causality", "event": "1", "product": "INO", "related": True,
                          "reason": "a test"}}  # fmt: skip
    unsigned = life.post("/judgements", body, on(1), status=401, signed_by="")
    assert unsigned["type"] == "urn:induct:problem:signature-required"
    life.post("/judgements", body, on(1), status=403, role="medical_monitor")
    life.post("/judgements", body, on(1), status=403, role="coordinator")


def test_submitted_means_accepted_and_a_rejection_leaves_the_due_date(life: Life) -> None:
    due = life.owes(at=NOW)["eu_susar_other"]
    sent = life.submit(on(6), "EU", ["eu_susar_other"])
    assert life.states()["eu_susar_other"] == "handed_off"
    life.answer(on(6), sent, accepted=False)
    assert (life.states()["eu_susar_other"], life.owes(at=on(6))["eu_susar_other"]) == ("open", due)
    again = life.submit(on(7), "EU", ["eu_susar_other"])
    life.answer(on(7), again, accepted=True)
    assert life.states()["eu_susar_other"] == "submitted"
    # A late repeat of the rejection takes nothing back.
    life.answer(on(8), sent, accepted=False)
    assert life.states()["eu_susar_other"] == "submitted"


def test_one_combined_report_meets_several_obligations(life: Life) -> None:
    life.follow_up(on(1), seriousness=["death"], grade=5)
    sent = life.submit(on(2), "EU", ["eu_susar_fatal", "eu_susar_other"], complete=True)
    life.answer(on(2), sent, accepted=True)
    assert not [clock for clock in life.owes(at=on(2)) if clock.startswith("eu_")]


def test_information_after_the_report_is_owed_within_fifteen_days(life: Life) -> None:
    life.report_to(on(5), "EU", "eu_susar_other")
    life.follow_up(on(8), narrative="Found at the autopsy.")
    assert life.owes(at=on(8))["eu_follow_up"] == "2026-03-15"
    life.follow_up(on(9), significant=False, narrative="A comma.")
    assert [c for c in life.owes(at=on(9)) if c == "eu_follow_up"] == ["eu_follow_up"]


def test_a_downgrade_after_the_report_is_followed_up_and_not_nullified(life: Life) -> None:
    life.report_to(on(5), "EU", "eu_susar_other")
    life.expectedness(on(8), True)
    owed = [clock for clock in life.owes(at=on(8)) if clock.startswith("eu_")]
    assert owed == ["eu_downgrade"]
    assert not life.read()["nullified"]


def test_a_submission_meets_obligations_of_its_case_and_authority_only(life: Life) -> None:
    found = {each["clock"]: each["obligation_id"] for each in life.read()["obligations"]}
    body = {"authority": "US", "obligations": [found["eu_susar_other"]],
            "sent_at": NOW.isoformat(), "complete": False, "channel": "portal"}  # fmt: skip
    refused = life.post("/submissions", body, on(1), status=422)
    assert refused["errors"][0]["code"] == "obligation-unknown"
    early = body | {"authority": "EU", "sent_at": "2020-01-01T00:00:00Z"}
    refused = life.post("/submissions", early, on(1), status=422)
    assert refused["errors"][0]["code"] == "before-awareness"
    life.report_to(on(1), "EU", "eu_susar_other")
    refused = life.post("/submissions", body | {"authority": "EU"}, on(2), status=422)
    assert refused["errors"][0]["code"] == "obligation-closed"


def test_an_answer_to_no_submission_of_the_case_is_not_found(life: Life) -> None:
    body = {"accepted": True, "received_at": NOW.isoformat()}
    where = "/submissions/00000000-0000-4000-8000-000000000001/acknowledgements"
    life.post(where, body, on(1), status=404)


def test_a_waiver_closes_an_obligation_unmet_and_its_due_date_stays(
    life: Life, database: TestDatabase
) -> None:
    found = {each["clock"]: each for each in life.read()["obligations"]}
    target = found["us_investigators"]
    where = f"/obligations/{target['obligation_id']}/waiver"
    life.post(where, {"reason": "no site is open in the US"}, on(1))
    after = {each["clock"]: each for each in life.read()["obligations"]}["us_investigators"]
    assert (after["state"], after["due_at"]) == ("waived", target["due_at"])
    again = life.post(where, {"reason": "once more"}, on(1), status=409)
    assert again["type"] == "urn:induct:problem:obligation-state"
    other = where.replace(target["obligation_id"], "00000000-0000-4000-8000-000000000001")
    life.post(other, {"reason": "of no case"}, on(1), status=404)
    unsigned = life.post(
        where.replace(target["obligation_id"], found["us_susar_other"]["obligation_id"]),
        {"reason": "not signed"}, on(1), status=401, signed_by="",
    )  # fmt: skip
    assert unsigned["type"] == "urn:induct:problem:signature-required"
    signed = database.rows("SELECT meaning FROM platform.signature")
    assert signed == [("obligation-waived",)]


@pytest.mark.proves("SAF-1", kind="negative")
def test_no_due_date_can_be_edited_not_even_in_the_database(
    life: Life, database: TestDatabase
) -> None:
    granted = database.rows(
        "SELECT column_name FROM information_schema.column_privileges"
        " WHERE grantee = 'induct_safety' AND table_name = 'obligation'"
        " AND privilege_type = 'UPDATE' ORDER BY column_name"
    )
    assert [name for (name,) in granted] == [
        "provisional", "reason", "state", "trace", "verified_by",
    ]  # fmt: skip


def test_every_obligation_is_traced_to_the_facts_it_rests_on(life: Life) -> None:
    life.causality(on(1), "investigator", True)
    items = life.read(query="/obligations")["items"]
    other = next(each for each in items if each["clock"] == "eu_susar_other")
    facts = {fact["fact_id"]: fact for fact in other["trace"]}
    assert facts[other["trigger"]]["received_on"] == "2026-02-20"
    assert {"seriousness", "criterion", "causality"} <= {each["kind"] for each in facts.values()}
    assert "causality" not in {
        fact["kind"]
        for each in life.read(query="/obligations?as_of=2026-02-20T13:00:00Z")["items"]
        for fact in each["trace"]
    }


def test_each_recomputation_is_told_with_its_cause_and_actor(
    life: Life, database: TestDatabase
) -> None:
    life.expectedness(on(1), True)
    ((data,),) = database.rows(
        "SELECT envelope -> 'data' FROM platform.outbox WHERE type = 'case.recomputed'"
    )
    assert (data["cause_kind"], data["actor"]) == ("expectedness", "safety_desk-client")
    closed = {change["clock"]: change["new_state"] for change in data["changes"]}
    assert closed["eu_susar_other"] == "superseded"
    assert not [word for word in ("INO", "neutropenia", "S01-001") if word in str(data)]
    history = life.read(query="/history")["changes"]
    assert [each["number"] for each in history] == list(range(1, len(history) + 1))
    assert {each["cause_kind"] for each in history} == {"receipt", "expectedness"}


def test_a_narrative_is_drafted_from_the_template_and_signed_for_its_version(life: Life) -> None:
    life.causality(on(1), "investigator", True)
    draft = life.read(query="/narrative")
    assert (draft["template"], draft["template_version"]) == ("narrative", "1.0.0")
    assert "Event 1: Febrile neutropenia, CTCAE grade 4, beginning on 2026-02-19." in draft["draft"]
    assert "Investigator judged event 1 related to INO on 2026-02-21." in draft["draft"]
    headers = {"If-Match": '"1"'}
    signed = life.post("/narrative", {}, on(2), headers=headers)["signed"]
    assert (signed[0]["text"], signed[0]["version"]) == (draft["draft"], 1)
    assert signed[0]["signature"]["meaning"] == "narrative-signed"
    assert signed[0]["holds"]
    own = life.post("/narrative", {"text": "My own words."}, on(3), headers=headers)["signed"]
    assert [each["text"] for each in own] == [draft["draft"], "My own words."]
    life.follow_up(on(4))
    stale = life.post("/narrative", {}, on(5), status=412, headers=headers)
    assert stale["type"] == "urn:induct:problem:precondition-failed"


def test_a_record_of_the_site_that_calls_a_drug_related_starts_clocks_and_its_contrary_stops_none(
    trial: Any, api: ApiClient
) -> None:
    record = trial.record(
        {"term": "Sepsis", "grade": "4", "start_date": "2026-02-19", "serious": "true",
         "hospitalisation": "true", "relation_dex": "RELATED", "relation_vcr": "NOT_RELATED"}
    )  # fmt: skip
    trial.tell(record)
    (summary,) = api.get("/cases").json()["items"]
    case = api.get(f"/cases/{summary['case_number']}").json()
    assert (case["suspect_product"], case["criteria"]["missing"]) == ("DEX", [])
    judged = api.get(f"/cases/{summary['case_number']}/judgements").json()["items"]
    assert [(each["product"], each["answer"], each["signature"]) for each in judged] == [
        ("DEX", True, None)
    ]


def test_a_case_that_no_rule_classifies_is_an_alarm_in_the_log_and_on_the_bus(
    life: Life, database: TestDatabase, log_lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = rule_sets.load("eu_ctr", "1.0.0")
    fewer = replace(whole, verdicts=tuple(r for r in whole.verdicts if r.id != "eu_expected"))
    load = rule_sets.load
    monkeypatch.setattr(
        rule_sets, "load", lambda name, v: fewer if name == "eu_ctr" else load(name, v)
    )
    case = life.expectedness(on(1), True)
    assert outcomes(case)["EU"] == "unclassified"
    alarms = [json.loads(line) for line in log_lines.getvalue().splitlines()]
    assert [(each["level"], each["error"]) for each in alarms if "unclassified" in str(each)] == [
        ("error", "EU")
    ]
    ((unclassified,),) = database.rows(
        "SELECT envelope -> 'data' -> 'unclassified' FROM platform.outbox"
        " WHERE type = 'case.recomputed'"
    )
    assert unclassified == ["EU"]
