"""Forced allocations: two persons, a reason, a limit; no slot of the list."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.services.randomization.expected import LATE, STUDY, UNDER_24, contents
from tests.services.randomization.world import BLOCKS, codes, put_in_force, request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

PROBLEM = "urn:induct:problem:"
PROPOSAL = {
    "subject": "S01-001",
    "site": "S01",
    "levels": {"age_group": "lt10", "first_remission": "lt24m"},
    "arm": "ALLR3",
    "reason": "the other drug cannot be had",
}
APPROVE = {"decision": "approve", "reason": "agreed with the sponsor"}
REJECT = {"decision": "reject", "reason": "the drug has come"}
SOURCE = {"kind": "assumed", "note": "test"}


def propose(api: ApiClient, **changes: Any) -> httpx.Response:
    return api.post("/forced-allocations", role="statistician", json=PROPOSAL | changes)


def proposed(api: ApiClient, **changes: Any) -> str:
    answer = propose(api, **changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["proposal"])


def decide(api: ApiClient, proposal: str, **options: Any) -> httpx.Response:
    options = {"role": "statistician", "client": "approver", "json": APPROVE} | options
    return api.post(f"/forced-allocations/{proposal}/decision", **options)


def kind(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix(PROBLEM)


def test_two_persons_give_a_child_a_named_arm(api: ApiClient) -> None:
    answer = decide(api, proposed(api))
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "approved"
    body = api.get("/allocations/S01-001").json()
    assert (body["arm"], body["source"], body["stratum"]) == ("ALLR3", "forced", UNDER_24)
    assert (body["list_id"], body["opening"], body["manifest_sha256"]) == (None, None, None)


def test_a_proposal_alone_allocates_nobody(api: ApiClient, database: TestDatabase) -> None:
    proposed(api)
    assert api.get("/allocations/S01-001").status_code == 404
    assert database.rows("SELECT count(*) FROM randomization.allocation") == [(0,)]


def test_no_slot_is_used_and_the_next_child_gets_the_first_one(
    api: ApiClient, database: TestDatabase
) -> None:
    decide(api, proposed(api))
    assert database.rows(
        "SELECT count(*) FROM randomization.slot WHERE subject_id IS NOT NULL"
    ) == [(0,)]
    arm = api.post("/allocations", json=request("S01-002")).json()["arm"]
    assert arm == contents("L1", UNDER_24)[0]


def test_a_forced_child_is_no_replay_of_an_ordinary_request(api: ApiClient) -> None:
    decide(api, proposed(api))
    assert kind(api.post("/allocations", json=request())) == (409, "already-allocated")


@pytest.mark.proves("RND-7", kind="negative")
def test_the_one_who_proposes_does_not_decide(api: ApiClient) -> None:
    proposal = proposed(api)
    own = decide(api, proposal, client="statistician-client")
    assert kind(own) == (409, "second-person-needed")
    by_signature = decide(
        api, proposal, signed_by={"role": "statistician", "client": "statistician-client"}
    )
    assert kind(by_signature) == (409, "second-person-needed")
    other = decide(api, proposal, client="another")
    assert other.status_code == 200, other.text


def test_the_one_who_proposes_does_not_reject_either(api: ApiClient) -> None:
    answer = decide(api, proposed(api), client="statistician-client", json=REJECT)
    assert kind(answer) == (409, "second-person-needed")


def test_approving_without_a_signature_is_refused(api: ApiClient, database: TestDatabase) -> None:
    answer = decide(api, proposed(api), signed_by="")
    assert kind(answer) == (401, "signature-required")
    assert database.rows("SELECT state FROM randomization.forced_allocation") == [("proposed",)]


def test_rejecting_needs_no_signature_and_allocates_nobody(
    api: ApiClient, database: TestDatabase
) -> None:
    proposal = proposed(api)
    answer = decide(api, proposal, json=REJECT, signed_by="")
    assert (answer.status_code, answer.json()["state"]) == (200, "rejected")
    assert answer.json()["decision_reason"] == REJECT["reason"]
    assert database.rows("SELECT count(*) FROM randomization.allocation") == [(0,)]
    assert kind(decide(api, proposal)) == (409, "forcing-refused")


def test_a_rejected_subject_may_be_proposed_again_an_open_one_not(api: ApiClient) -> None:
    first = proposed(api)
    assert kind(propose(api)) == (409, "forcing-refused")
    decide(api, first, json=REJECT)
    assert propose(api).status_code == 201


def test_the_limit_is_counted_over_all_and_refuses_the_next(
    api: ApiClient, database: TestDatabase
) -> None:
    screen(database, "S01-003", study=STUDY)
    proposals = [proposed(api, subject=f"S01-00{n}") for n in (1, 2, 3)]
    answers = [decide(api, proposal) for proposal in proposals]
    assert [answer.status_code for answer in answers] == [200, 200, 409]
    assert kind(answers[2]) == (409, "forcing-refused")
    screen(database, "S01-004", study=STUDY)
    assert kind(propose(api, subject="S01-004")) == (409, "forcing-refused")


def test_approvals_at_once_keep_the_limit(api: ApiClient, database: TestDatabase) -> None:
    children = [f"S01-{n:03}" for n in range(1, 9)]
    screen(database, *children[2:], study=STUDY)
    paths = [f"/forced-allocations/{proposed(api, subject=c)}/decision" for c in children]
    approver = {"role": "statistician", "client": "approver"}
    answers = api.together(api.call("POST", p, **approver, json=APPROVE) for p in paths)
    assert sorted(answer.status_code for answer in answers) == [200] * 2 + [409] * 6
    assert database.rows(
        "SELECT count(*) FROM randomization.allocation WHERE source = 'forced'"
    ) == [(2,)]


def test_a_study_without_forcing_forces_nobody(
    variant: Callable[..., ApiClient], database: TestDatabase
) -> None:
    api = variant(forced=None)
    screen(database, "S01-001", study=STUDY)
    assert kind(propose(api)) == (409, "forcing-refused")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"arm": "PLACEBO"}, 422, "unknown-arm"),
        ({"levels": {"age_group": "lt10"}}, 422, "unknown-level"),
        ({"levels": PROPOSAL["levels"] | {"sex": "f"}}, 422, "unknown-factor"),  # type: ignore[operator]
        ({"subject": "S01-999"}, 422, "subject-unknown"),
        ({"site": "S02"}, 422, "subject-unknown"),
    ],
)
def test_a_proposal_that_does_not_fit_is_refused(
    api: ApiClient, database: TestDatabase, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = propose(api, **changes)
    assert (answer.status_code, codes(answer)) == (status, [code])
    assert database.rows("SELECT count(*) FROM randomization.forced_allocation") == [(0,)]


def test_an_allocated_child_is_not_proposed_and_not_approved(api: ApiClient) -> None:
    waiting = proposed(api)
    for subject in ("S01-001", "S01-002"):
        assert api.post("/allocations", json=request(subject)).status_code == 201
    assert kind(propose(api, subject="S01-002")) == (409, "already-allocated")
    assert kind(decide(api, waiting)) == (409, "already-allocated")


def test_a_withdrawn_child_is_not_forced(api: ApiClient, database: TestDatabase) -> None:
    waiting = proposed(api)
    with database.admin() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE assessments.subject SET state = 'withdrawn'")
    assert codes(decide(api, waiting)) == ["subject-withdrawn"]


def test_a_paused_study_forces_and_a_closed_one_does_not(api: ApiClient) -> None:
    first, second = proposed(api), proposed(api, subject="S01-002")
    body = {"state": "paused", "reason": "drug supply"}
    assert api.post("/enrolment/state", role="admin", json=body).status_code == 200
    assert decide(api, first).status_code == 200
    body = {"state": "closed", "reason": "enrolment is complete"}
    assert api.post("/enrolment/state", role="admin", json=body).status_code == 200
    assert kind(decide(api, second)) == (409, "study-closed")


def test_a_closed_site_or_one_without_approval_forces_nobody(api: ApiClient) -> None:
    waiting = proposed(api)
    change = {"state": "open", "approved_until": "2024-01-01", "reason": "approval ended"}
    assert api.post("/sites/S01/state", role="admin", json=change).status_code == 200
    assert kind(decide(api, waiting)) == (409, "site-approval-expired")
    change = {"state": "closed", "approved_until": "2199-01-01", "reason": "the site is done"}
    assert api.post("/sites/S01/state", role="admin", json=change).status_code == 200
    assert kind(decide(api, waiting)) == (409, "site-not-open")


def test_the_gate_is_not_asked_and_what_was_against_it_is_noted(
    variant: Callable[..., ApiClient], database: TestDatabase
) -> None:
    cap = {"id": "study_cap", "scope": "study", "limit": 1, "source": SOURCE}
    api = variant(caps=[cap])
    put_in_force(api, BLOCKS)
    screen(database, "S01-001", "S01-002", study=STUDY)
    assert api.post("/allocations", json=request("S01-002", **LATE)).status_code == 201
    assert decide(api, proposed(api)).status_code == 200
    ((told,),) = database.rows(
        "SELECT explanation FROM randomization.allocation WHERE source = 'forced'"
    )
    assert (told["deviations"], told["cap_reached"]) == (["cap-reached"], "study_cap")
    assert (told["proposed_by"], told["decided_by"]) == ("statistician-client", "approver")
    assert told["reason"] == PROPOSAL["reason"]
    assert told["decision_reason"] == APPROVE["reason"]
    assert (told["forced_before"], told["forced_limit"]) == (0, 2)


def test_a_forced_child_counts_towards_the_caps(
    variant: Callable[..., ApiClient], database: TestDatabase
) -> None:
    cap = {"id": "study_cap", "scope": "study", "limit": 1, "alerts": [100], "source": SOURCE}
    api = variant(caps=[cap])
    put_in_force(api, BLOCKS)
    screen(database, "S01-001", "S01-002", study=STUDY)
    assert decide(api, proposed(api)).status_code == 200
    assert kind(api.post("/allocations", json=request("S01-002"))) == (409, "cap-reached")
    assert database.rows("SELECT count(*) FROM platform.outbox WHERE type = 'cap.threshold'") == [
        (1,)
    ]


def test_a_forced_child_does_not_enter_the_balance_of_a_minimisation(
    variant: Callable[..., ApiClient], database: TestDatabase
) -> None:
    scheme = {"method": "minimisation", "probability": "4/5", "measure": "range", "draws": 50,
              "source": SOURCE}  # fmt: skip
    api = variant(scheme=scheme)
    put_in_force(api, {"method": "minimisation", "list_id": "M1", "secret": "3c" * 32})
    screen(database, "S01-001", "S01-002", study=STUDY)
    assert decide(api, proposed(api)).status_code == 200
    assert api.post("/allocations", json=request("S01-002")).status_code == 201
    rows = database.rows(
        "SELECT source, fake_arm IS NULL, explanation->'minimisation'->'counts_before'"
        " FROM randomization.allocation ORDER BY subject_id"
    )
    assert rows == [("forced", True, None), ("system", False, {})]


def test_event_signature_and_trail_name_both_persons(
    api: ApiClient, database: TestDatabase
) -> None:
    proposal = proposed(api)
    decide(api, proposal, client="second")
    assert database.rows(
        "SELECT signed_key, meaning, signer, subject_id FROM platform.signature"
        " WHERE signed_table = 'randomization.forced_allocation'"
    ) == [(proposal, "approve-forced", "second", "S01-001")]
    ((told,),) = database.rows(
        "SELECT envelope->'data' FROM platform.outbox WHERE type = 'subject.randomized'"
    )
    assert told["subject_id"] == "S01-001"
    assert "ALLR3" not in str(told)
    rows = database.rows(
        "SELECT operation, actor, reason FROM platform.audit"
        " WHERE table_name = 'randomization.forced_allocation' AND field = 'state' ORDER BY seq"
    )
    assert rows == [
        ("INSERT", "statistician-client", PROPOSAL["reason"]),
        ("UPDATE", "second", APPROVE["reason"]),
    ]


def test_every_decision_is_an_attempt_on_record(api: ApiClient, database: TestDatabase) -> None:
    proposal = proposed(api)
    decide(api, proposal, client="statistician-client")
    decide(api, proposal)
    assert database.rows(
        "SELECT subject_id, operation, outcome, problem FROM randomization.attempt"
        " ORDER BY attempted_at"
    ) == [
        ("S01-001", "forced-approve", 409, "second-person-needed"),
        ("S01-001", "forced-approve", 200, None),
    ]


@pytest.mark.parametrize("role", ["admin", "sponsor", "data_manager", "medical_monitor", "auditor"])
def test_nobody_decides_or_signs_an_arm_that_is_hidden_from_them(api: ApiClient, role: str) -> None:
    proposal = proposed(api)
    assert decide(api, proposal, role=role).status_code == 403
    answer = decide(api, proposal, signed_by={"role": role, "client": "signer"})
    assert kind(answer) == (403, "signature-not-fitting")


def test_who_decides_and_who_lists_sees_the_arm(api: ApiClient) -> None:
    decided = decide(api, proposed(api)).json()
    listed = api.get("/forced-allocations", role="auditor").json()["items"]
    assert (decided["arm"], listed[0]["arm"]) == ("ALLR3", "ALLR3")
    assert api.get("/forced-allocations", role="admin").status_code == 403


def test_proposals_are_listed_page_by_page(api: ApiClient) -> None:
    made = {proposed(api), proposed(api, subject="S01-002")}
    first = api.get("/forced-allocations?limit=1", role="auditor").json()
    second = api.get(f"/forced-allocations?limit=1&after={first['next']}", role="auditor").json()
    assert {page["items"][0]["proposal"] for page in (first, second)} == made
    assert second["next"] is None


@pytest.mark.parametrize("role", ["investigator", "coordinator", "iwrs", "sponsor", "dmc", "admin"])
def test_only_the_statistician_proposes(api: ApiClient, role: str) -> None:
    assert api.post("/forced-allocations", role=role, json=PROPOSAL).status_code == 403


def test_an_unknown_proposal_is_not_found(api: ApiClient) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"
    for body in (APPROVE, REJECT):
        assert decide(api, unknown, json=body).status_code == 404
