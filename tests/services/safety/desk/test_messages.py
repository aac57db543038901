"""The desk's own system calls us: what it says is applied once, or parked for a person."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.services.safety.desk.system import (
    SIGNED,
    Body,
    DeskSystem,
    judgement,
    now,
    number,
    parked,
)
from tests.services.safety.life import RSI, Life, on
from tests.support.database import TestDatabase


def test_a_sponsors_judgement_is_the_desks_with_the_signers_name_and_moves_the_clocks(
    life: Life, desk: DeskSystem
) -> None:
    life.expectedness(on(0.1), False)
    life.causality(on(0.2), "investigator", False)
    desk.done("case.judged", **judgement(life, related=False))
    assert not {"eu_susar_other", "us_susar_other"} & life.owes().keys()
    desk.done("case.judged", **judgement(life, related=True))
    assert {"eu_susar_other", "us_susar_other"} <= life.owes().keys()
    shown = life.read(query="/judgements")["items"][-1]
    assert (shown["party"], shown["answer"], shown["reason"]) == (
        "sponsor",
        True,
        "temporal relation",
    )
    assert (shown["actor"], shown["role"]) == (f"desk:{desk.id}", "safety_desk")
    assert shown["signature"]["name"] == SIGNED["name"]
    assert shown["signature"]["meaning"] == "medical-judgement"
    said = {"kind": "expectedness", "expected": True, "reference": RSI}
    told = judgement(life) | {
        "judgement": {k: v for k, v in judgement(life)["judgement"].items()
                      if k not in ("kind", "related")} | said
    }  # fmt: skip
    desk.done("case.judged", **told)
    assert not {"eu_susar_other", "us_susar_other"} & life.owes().keys()


def test_a_report_of_the_desks_own_gateway_is_handed_off_and_its_answer_meets_the_obligation(
    life: Life, desk: DeskSystem
) -> None:
    life.causality(on(0.2), "investigator", True)
    (owed,) = (o for o in life.read()["obligations"] if o["clock"] == "eu_susar_other")
    desk.done(
        "report.submitted", case_number=number(life), reference="EV-1", authority="EU",
        obligations=[owed["obligation_id"]], sent_at=on(5).isoformat(), complete=True,
        signed=SIGNED,
    )  # fmt: skip
    assert life.states()["eu_susar_other"] == "handed_off"
    rejected = {"case_number": number(life), "reference": "EV-1", "accepted": False,
                "received_at": on(6).isoformat()}  # fmt: skip
    desk.done("report.answered", **rejected)
    assert life.states()["eu_susar_other"] == "open"
    steps = life.read(query="/history")["escalations"]
    assert [each["step"] for each in steps] == ["rejected/1"], "told at once"
    again = {"reference": "EV-2", "sent_at": on(7).isoformat()}
    desk.done(
        "report.submitted", case_number=number(life), authority="EU", complete=True,
        obligations=[owed["obligation_id"]], signed=SIGNED, **again,
    )  # fmt: skip
    desk.done("report.answered", **rejected | {"reference": "EV-2", "accepted": True})
    assert life.states()["eu_susar_other"] == "submitted"


def test_a_case_has_the_desks_number_and_its_queries(life: Life, desk: DeskSystem) -> None:
    assigned = {"case_number": number(life), "desk_number": "DESK-7"}
    for _ in range(2):
        desk.done("case.number_assigned", **assigned)
    asked = {"case_number": number(life), "query_id": "Q-1", "question": "Which antibiotics?"}
    desk.done("query.raised", event="1", **asked)
    seen = life.read(query="/desk", role="coordinator")
    assert seen["desk_number"] == "DESK-7"
    assert [(q["query_id"], q["event"], q["closed_at"]) for q in seen["queries"]] == [
        ("Q-1", "1", None)
    ]
    done = {"case_number": number(life), "query_id": "Q-1", "reason": "answered by version 2"}
    desk.done("query.closed", **done)
    (query,) = life.read(query="/desk")["queries"]
    assert query["closing"] == "answered by version 2"
    assert life.api.get(life.path + "/desk", role="medical_monitor").status_code == 403


def test_a_message_that_comes_again_has_no_second_effect_and_the_same_answer(
    life: Life, desk: DeskSystem, database: TestDatabase
) -> None:
    told = judgement(life)
    first = desk.send("case.judged", message_id="msg_once", **told)
    again = desk.send("case.judged", message_id="msg_once", at=now() + timedelta(seconds=9), **told)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    facts = database.rows("SELECT count(*) FROM safety.case_fact WHERE kind = 'causality'")
    assert facts == [(1,)]
    assert database.rows("SELECT state, attempts FROM safety.desk_message") == [("applied", 2)]
    other = desk.send("case.judged", message_id="msg_once", **judgement(life, related=False))
    assert (other.status_code, other.json()["type"].rpartition(":")[2]) == (
        409,
        "message-id-reused",
    )


CONTRADICTIONS: dict[str, tuple[str, Callable[[Life], Body], str]] = {
    "a product that is no suspect": (
        "case.judged",
        lambda life: judgement(life, product="VCR"),
        "/data/judgement/product: product-not-suspect",
    ),
    "an older version": (
        "case.judged",
        lambda life: judgement(life) | {"version": 2},
        "/data/version: version-stale",
    ),
    "no such case": (
        "case.number_assigned",
        lambda _: {"case_number": "NCT05748171-9999", "desk_number": "D-1"},
        "/data: not-found",
    ),
    "an obligation that is not owed": (
        "report.submitted",
        lambda life: {
            "case_number": number(life), "reference": "R", "authority": "EU", "complete": False,
            "obligations": ["00000000-0000-0000-0000-000000000001"], "signed": SIGNED,
            "sent_at": on(5).isoformat(),
        },
        "/data/obligations/0: obligation-unknown",
    ),
    "a report before anybody knew": (
        "report.submitted",
        lambda life: {
            "case_number": number(life), "reference": "R", "authority": "EU", "complete": False,
            "obligations": [life.read()["obligations"][-1]["obligation_id"]], "signed": SIGNED,
            "sent_at": on(-5).isoformat(),
        },
        "/data/sent_at: before-awareness",
    ),
    "an answer to no report": (
        "report.answered",
        lambda life: {"case_number": number(life), "reference": "R", "accepted": True,
                      "received_at": on(5).isoformat()},
        "/data/reference: report-unknown",
    ),
    "a query that is not open": (
        "query.closed",
        lambda life: {"case_number": number(life), "query_id": "Q", "reason": "done with"},
        "/data/query_id: query-not-open",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("type_", "data", "told"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_what_contradicts_the_case_is_refused_with_the_reason_changes_nothing_and_is_parked(
    life: Life, desk: DeskSystem, type_: str, data: Callable[[Life], Body], told: str
) -> None:
    before = life.read()
    refused = desk.send(type_, **data(life))
    assert refused.status_code == 409, refused.text
    assert refused.headers["Content-Type"] == "application/problem+json"
    problem = refused.json()
    (fault,) = problem["errors"]
    assert (problem["type"].rpartition(":")[2], f"{fault['pointer']}: {fault['code']}") == (
        "contradicts-case",
        told,
    )
    assert life.read() == before
    (kept,) = parked(life)
    assert (kept["type"], kept["problem"]) == (type_, problem)
    assert json.loads(kept["body"])["type"] == type_


def test_what_was_parked_is_taken_once_the_case_allows_it_and_not_after_a_person_settled_it(
    life: Life, desk: DeskSystem
) -> None:
    lock = {"locked": True, "reason": "closed for now"}
    life.post("/lock", lock, on(1), 200)
    for name in ("msg_a", "msg_b"):
        refused = desk.send("case.judged", message_id=name, **judgement(life))
        assert refused.json()["errors"][0]["code"] == "case-locked"
    where = f"/desk-messages/{desk.id}/settlements"
    said = {"message_id": "msg_b", "reason": "entered by hand"}
    settled = life.api.post(where, json=said, role="safety_desk")
    assert (settled.status_code, settled.json()["state"]) == (201, "settled")
    life.post("/lock", lock | {"locked": False}, on(2), 200)
    assert desk.send("case.judged", message_id="msg_a", **judgement(life)).status_code == 200
    late = desk.send("case.judged", message_id="msg_b", **judgement(life))
    assert (late.status_code, late.json()["type"].rpartition(":")[2]) == (409, "message-settled")
    assert parked(life) == []
    again = life.api.post(where, json=said, role="safety_desk")
    assert again.json()["type"].endswith("message-state")
