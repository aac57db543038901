"""What is sent to each route that wants more than a path: bodies, queries and headers that are in
order, so that nothing but the caller's reach decides. `{name}` stands for an id of a place."""

from dataclasses import dataclass
from typing import Any

from tests.services.randomization.world import SITE, eligible

Body = dict[str, Any]
WHY: Body = {"reason": "As the plan says"}
LEVELS: Body = {"age_group": "lt10", "first_remission": "ge24m"}
ENVELOPE: Body = {
    "stratum": "age_group=lt10;first_remission=ge24m",
    "position": 1,
    "code": "ABCDE-FGHIJ-KLMNO-PQRST",
}
ALLOCATION: Body = {"subject": "{subject}", "site": "{site}", "values": eligible(), "strata": {}}
OPENED: Body = {"arm": "INO", "opened_at": "2026-01-29T09:30:00+01:00"} | WHY
LOST: Body = {
    "proof": {
        "list_id": "{list_id}", "stratum": "age_group=lt10;first_remission=ge24m",
        "commitment": "5f" * 32,
    },
    "arm": "INO", "randomized_at": "2026-01-29T09:30:00+01:00",
} | WHY  # fmt: skip
ROW: Body = {
    "subject": "{subject}", "form": "blood_count", "visit": "C1D28", "repeat": 7,
    "items": {"sample_date": "2024-02-26", "neutrophils": "1.5"},
}  # fmt: skip
EVENT: Body = {
    "event_term": "Febrile neutropenia", "grade": 5, "seriousness": ["death"],
    "onset_on": "2024-02-19", "aware_at": "2024-02-20T09:30:00+01:00", "outcome": "FATAL",
}  # fmt: skip
CAUSALITY: Body = {"kind": "causality", "event": "1", "product": "INO", "related": True} | WHY
OWED: Body = {"obligations": ["{obligation}"], "complete": True}
DAYS = "?first_day=2024-01-01&last_day=2024-12-31"


@dataclass(frozen=True)
class Example:
    """``query`` begins with ``?``; ``raw`` is a body that is no JSON, with its media type."""

    body: Body | None = None
    query: str = ""
    raw: tuple[str, bytes] | None = None


def _(**body: Any) -> Example:
    return Example(body)


EXAMPLES: dict[str, Example] = {
    "randomization.open_site": Example(SITE | {"site": "S77"}),
    "randomization.change_site": _(state="paused", **WHY),
    "randomization.change_enrolment": _(state="open", **WHY),
    "randomization.seal_list": _(method="permuted_blocks", list_id="L-NEW", secret="5e" * 32),
    "randomization.activate_list": _(root="00" * 32, slots=1),
    "randomization.change_list": _(state="suspended", **WHY),
    "randomization.request_allocation": Example(ALLOCATION),
    "randomization.mark_in_error": _(category="ineligible", **WHY),
    "randomization.correct_stratum": _(levels=LEVELS, **WHY),
    "randomization.break_glass": _(category="emergency", **WHY),
    "randomization.propose_forced": _(
        subject="{screened}", site="{site}", levels=LEVELS, arm="INO", **WHY
    ),
    "randomization.decide_forced": _(decision="reject", **WHY),
    "randomization.enter_backup": Example(
        ALLOCATION | {"envelope": {"list_id": "{envelopes}", **ENVELOPE}} | OPENED
    ),
    "randomization.enter_lost": Example(ALLOCATION | LOST),
    "randomization.propose_step": _(kind="release", **WHY),
    "randomization.decide_step": _(decision="reject", **WHY),
    "randomization.void_envelope": Example(ENVELOPE | WHY),
    "assessments.register_subject": _(
        subject="S01-777",
        site="{site}",
        birth_year_month="2015-06",
        sex="female",
        consented_on="2024-01-20",
    ),
    "assessments.record_assessment": Example({k: v for k, v in ROW.items() if k != "subject"}),
    "assessments.correct_assessment": _(items={"platelets": "80"}, **WHY),
    "assessments.submit": _(rows=[ROW]),
    "assessments.open_job": _(format="ndjson"),
    "assessments.send_part": Example(None, "?offset=0", ("application/x-ndjson", b"{}\n")),
    "assessments.raise_query": _(item="platelets", text="Please check."),
    "assessments.answer_query": _(text="It was checked."),
    "assessments.close_query": Example(WHY),
    "assessments.cancel_query": Example(WHY),
    "assessments.reopen_query": Example(WHY),
    "assessments.verify_record": _(verified=True),
    "assessments.freeze_record": _(frozen=True, **WHY),
    "assessments.lock_record": Example(WHY),
    "assessments.request_unlock": Example(WHY),
    "assessments.decide_unlock": _(decision="reject", **WHY),
    "assessments.sign_record": _(),
    "assessments.sign_casebook": _(),
    "assessments.lock_casebook": Example(WHY),
    "assessments.request_casebook_unlock": Example(WHY),
    "assessments.decide_casebook_unlock": _(decision="reject", **WHY),
    "assessments.list_impact": Example(query="?since=2024-01-01T00:00:00Z"),
    "assessments.rederive": _(dry_run=True, subjects=["{subject}"]),
    "assessments.create_export": _(formats=["csv"]),
    "assessments.create_unblinded_export": _(formats=["csv"]),
    "safety.open_case": Example(EVENT | {"subject": "{subject}", "site": "{site}"}),
    "safety.follow_up_case": Example(EVENT | {"significant": False}),
    "safety.amend_case": Example(EVENT | WHY),
    "safety.nullify_case": _(reason_code="invalid", **WHY),
    "safety.add_receipt": _(
        party="sponsor",
        source="The desk",
        received_at="2026-02-21T10:00:00Z",
        criteria=["event"],
        **WHY,
    ),
    "safety.lock_case": _(locked=True, **WHY),
    "safety.link_case": _(external_id="A number of others", relation="related", **WHY),
    "safety.waive_obligation": Example(WHY),
    "safety.add_attachment": Example(
        None,
        "?subject={subject}&site={site}&file_name=letter.pdf",
        ("application/pdf", b"%PDF-1.7\nanother letter"),
    ),
    "safety.judge_case": _(judgement=CAUSALITY),
    "safety.sign_narrative": _(text="It was so."),
    "safety.record_submission": Example(
        OWED | {"authority": "{authority}", "sent_at": "2026-02-21T10:00:00Z", "channel": "portal"}
    ),
    "safety.record_acknowledgement": _(accepted=True, received_at="2026-02-22T10:00:00Z"),
    "safety.read_icsr": Example(query="?receiver=eudravigilance"),
    "safety.code_event": _(event="1", code="10016288", **WHY),
    "safety.hand_off": Example(OWED | {"receiver": "eudravigilance"}),
    "safety.take_answer": Example(None, "", ("application/xml", b"<a/>")),
    "safety.search_terms": Example(query="?words=fever"),
    "safety.search_drugs": Example(query="?words=drug"),
    "safety.code_drug": _(record_id="{record}", code="001", version="1", **WHY),
    "safety.compare_rules": Example(query="?rule_set=eu_ctr&version=1.0.0"),
    "safety.apply_rules": Example(WHY),
    "safety.read_safety_summary": Example(query=DAYS),
    "safety.read_summary_by_treatment": Example(query=DAYS),
    "safety.note_difference": _(status="queried", owner="The desk", **WHY),
    "safety.request_desk_sender": _(name="Another bridge"),
    "safety.bind_desk_sender": _(networks=["127.0.0.0/8"], **WHY),
    "safety.rotate_desk_secret": _(overlap_hours=1),
    "safety.settle_desk_message": _(message_id="{desk_message}", **WHY),
    "safety.answer_desk_query": _(query_id="{desk_query}", answer="It was so."),
    "safety.register_webhook": _(url="http://127.0.0.1:9/new"),
    "safety.decide_webhook": _(decision="reject", **WHY),
    "safety.disable_webhook": Example(WHY),
    "safety.rotate_secret": _(kind="hmac"),
    "safety.replay_messages": _(since="2026-05-01T00:00:00Z", **WHY),
    "analytics.request_run": _(cutoff="2026-01-31"),
    "analytics.record_look": _(run="{run}", held_on="2026-02-01", decision="continue", **WHY),
}
