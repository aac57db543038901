"""The desk's own system calls us: signed by the unmodified library, applied once, or parked."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.services.safety.life import RSI, Life, on
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

Body = dict[str, Any]
SIGNED = {"name": "Dr Jana Novakova", "at": "2026-02-21T10:00:00Z"}


def now() -> datetime:
    return datetime.now(UTC)


class DeskSystem:
    """A sender as any: it has a secret, and the library."""

    def __init__(self, api: ApiClient) -> None:
        self.api = api
        asked = api.post("/desk-senders", json={"name": "Argus bridge"}, role="safety_desk")
        assert asked.status_code == 201, asked.text
        self.id = asked.json()["sender_id"]
        self._count = 0
        made = api.post(f"/desk-senders/{self.id}/approval", role="admin")
        assert made.status_code == 201, made.text
        self.secret = made.json()["secret"]

    def rotate(self, hours: int) -> str:
        body = {"overlap_hours": hours}
        made = self.api.post(f"/desk-senders/{self.id}/secrets", json=body, role="admin")
        assert made.status_code == 201, made.text
        return str(made.json()["secret"])

    def send(
        self,
        type_: str,
        *,
        message_id: str | None = None,
        at: datetime | None = None,
        secret: str | None = None,
        sent: str | None = None,
        study: str = "NCT05748171",
        **data: Any,
    ) -> Any:
        self._count += 1
        name = message_id or f"msg_{self._count}"
        body = sent or json.dumps(
            {"type": type_, "timestamp": "2026-02-21T10:00:00Z", "data": data}
        )
        moment = at or now()
        headers = {
            "webhook-id": name,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Webhook(secret or self.secret).sign(name, moment, body),
            "Content-Type": "application/json",
        }
        path = f"//safety-desk/v1/studies/{study}/senders/{self.id}/messages"
        return self.api.post(path, content=body, headers=headers, role=None, key="")

    def done(self, type_: str, **data: Any) -> Body:
        answer = self.send(type_, **data)
        assert answer.status_code == 200, answer.text
        found: Body = answer.json()
        return found


@pytest.fixture
def life(api: ApiClient, report: Body) -> Life:
    return Life(api, report)


@pytest.fixture
def desk(life: Life) -> DeskSystem:
    return DeskSystem(life.api)


def number(life: Life) -> str:
    return str(life.case["case_number"])


def judgement(life: Life, **said: Any) -> Body:
    said = {"kind": "causality", "event": "1", "product": "INO", "related": True,
            "reason": "temporal relation"} | said  # fmt: skip
    return {"case_number": number(life), "version": 1, "judgement": said, "signed": SIGNED}


def parked(life: Life) -> list[Body]:
    found = life.api.get("/desk-messages?state=parked", role="safety_desk")
    assert found.status_code == 200, found.text
    items: list[Body] = found.json()["items"]
    return items


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


def test_two_secrets_hold_while_one_is_changed_over_and_an_old_one_no_more(
    life: Life, desk: DeskSystem, database: TestDatabase
) -> None:
    old, told = desk.secret, {"case_number": number(life), "desk_number": "D-1"}
    new = desk.rotate(24)
    assert new != old
    for secret in (old, new):
        assert desk.send("case.number_assigned", secret=secret, **told).status_code == 200
    third = life.api.post(
        f"/desk-senders/{desk.id}/secrets", json={"overlap_hours": 1}, role="admin"
    )
    assert third.json()["type"].endswith("sender-state"), "never three"
    last = desk.rotate(0)
    for secret in (old, new):
        assert desk.send("case.number_assigned", secret=secret, **told).status_code == 401
    assert desk.send("case.number_assigned", secret=last, **told).status_code == 200
    stored = str(database.rows("SELECT sealed FROM safety.desk_secret"))
    stored += str(database.rows("SELECT body FROM platform.idempotency"))
    for secret in (old, new, last):
        assert secret.removeprefix("whsec_") not in stored


def test_whoever_is_not_the_desk_is_told_nothing_and_leaves_no_trace(
    life: Life, desk: DeskSystem, database: TestDatabase
) -> None:
    told = {"case_number": number(life), "desk_number": "D-1"}
    foreign = "whsec_" + "A" * 43 + "="
    tries = [
        desk.send("case.number_assigned", secret=foreign, **told),
        desk.send("case.number_assigned", at=now() - timedelta(minutes=6), **told),
        desk.send("case.number_assigned", study="OTHER", **told),
        desk.send("no JSON at all", secret=foreign, sent="{"),
    ]
    stranger, desk.id = desk.id, "00000000-0000-4000-8000-000000000001"
    tries.append(desk.send("case.number_assigned", **told))
    desk.id = "nobody"
    tries.append(desk.send("case.number_assigned", **told))
    desk.id = stranger
    assert {(each.status_code, each.content) for each in tries} == {(401, tries[0].content)}
    life.api.post(f"/desk-senders/{desk.id}/retirement", role="admin")
    assert desk.send("case.number_assigned", **told).status_code == 401
    assert database.rows("SELECT count(*) FROM safety.desk_message") == [(0,)]
    assert life.read(query="/desk")["desk_number"] is None


BAD: dict[str, tuple[str, int, str]] = {
    "no JSON": ("{", 400, "malformed-request"),
    "a name twice": ('{"type": "a", "type": "b"}', 400, "malformed-request"),
    "an unknown type": (('{"type": "case.deleted", "timestamp": "2026-02-21T10:00:00Z",'
                        ' "data": {}}'), 422, "invalid-content"),
    "an unknown field": (
        ('{"type": "case.number_assigned", "timestamp": "2026-02-21T10:00:00Z", "data":'
        ' {"case_number": "NCT05748171-0001", "desk_number": "D", "arm": "INO"}}'),
        422, "invalid-content"),
    "too much": (json.dumps({"x": "y" * 70_000}), 413, "too-large"),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "status", "kind"), BAD.values(), ids=BAD)
def test_what_the_desk_sends_badly_is_refused_by_its_place_without_an_echo(
    life: Life, desk: DeskSystem, sent: str, status: int, kind: str
) -> None:
    refused = desk.send("-", sent=sent)
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (status, kind)
    assert "INO" not in refused.text.replace("urn:", "")
    assert parked(life) == []


def test_a_sender_is_approved_by_somebody_else_and_its_secret_shown_once(
    api: ApiClient,
) -> None:
    asked = api.post("/desk-senders", json={"name": "x"}, role="safety_desk", client="one").json()
    where = f"/desk-senders/{asked['sender_id']}/approval"
    assert api.post(where, role="safety_desk").status_code == 403
    same = api.post(where, role="admin", client="one")
    assert same.json()["type"].endswith("second-person-needed")
    made = api.post(where, role="admin", client="two", key="k")
    assert made.json()["secret"].startswith("whsec_")
    assert api.post(where, role="admin", client="two", key="k").json() == made.json()
    assert api.post(where, role="admin", client="two").json()["type"].endswith("sender-state")
    (listed,) = api.get("/desk-senders", role="safety_desk").json()["items"]
    assert (listed["state"], listed["secrets"], "secret" in listed) == ("active", [None], False)


def test_the_face_answers_other_addresses_and_methods_with_problems(api: ApiClient) -> None:
    path = "//safety-desk/v1/studies/S/senders/x/messages"
    assert api.get(path, role=None).status_code == 405
    assert api.get("//safety-desk/elsewhere", role=None).json()["status"] == 404
