"""Reports that went to an authority, and the answers: the door for whatever sends them.

Submitted means that the authority accepted it. A rejected or unanswered report leaves its
obligations open on their Day 0. Whoever builds and sends a report (E2B, a portal, a letter) records
it here, inside its own transaction.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.safety import (
    errors,
    escalation_service,
    fact_repository,
    obligation_repository,
    obligation_service,
    repository,
    version_service,
)
from services.safety.domain.facts import Fact
from services.safety.domain.obligations import RUNNING
from services.safety.domain.telling import Told
from services.safety.obligation_service import Owed
from services.safety.repository import Row
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import FieldError, NotFound


@dataclass(frozen=True)
class Submission:
    """A report handed off. ``obligations`` are those that it meets, all of one ``authority``: a
    combined report names several. ``sent_at`` in the sender's ``zone`` (IANA), whose calendar date
    counts where a clock runs from the report; ``complete``: nothing is left to complete later.
    ``reference`` is the sender's own identifier of the message. ``sealed_at`` is when its content
    was fixed, where that was before it was sent: what was recorded since is not in it."""

    authority: str
    obligations: Sequence[str]
    sent_at: datetime
    zone: str
    complete: bool
    channel: str
    reference: str | None = None
    sealed_at: datetime | None = None


def record_submission(
    work: UnitOfWork, case_number: str, sent: Submission, *, signature: str | None = None
) -> str:
    """Record that a report was handed off; the id of the submission.

    Raises ``NotFound`` where there is no such case in reach, ``CaseNullified``, and
    ``SubmissionRefused`` where an obligation is not of the case and authority or is not to be met.
    A nullified case takes one only for its nullification.
    """
    case = version_service.found(repository.lock_case(work, case_number))
    rows = [_to_be_met(_obligation(work, case, sent, name), sent) for name in sent.obligations]
    return _record_submission(work, case, sent, rows, signature)


def record_delivered(
    work: UnitOfWork, case_number: str, sent: Submission, *, signature: str | None
) -> str:
    """As ``record_submission``, of a report that a gateway already has: that is so, whatever became
    of its obligations between the check and the delivery."""
    case = version_service.found(repository.lock_case(work, case_number))
    rows = [_obligation(work, case, sent, name) for name in sent.obligations]
    return _record_submission(work, case, sent, rows, signature)


def _record_submission(
    work: UnitOfWork, case: Row, sent: Submission, rows: Sequence[Row], signature: str | None
) -> str:
    if not rows:
        raise _refused("obligations", "too-short", "A submission meets at least one obligation.")
    submission = str(uuid.uuid4())
    told = Told(
        "submission",
        {
            "submission": submission,
            "authority": sent.authority,
            "obligations": list(sent.obligations),
            "kinds": sorted({row["kind"] for row in rows}),
            "complete": sent.complete,
            "channel": sent.channel,
            "reference": sent.reference,
            "sealed_at": None if sent.sealed_at is None else sent.sealed_at.isoformat(),
        },
        sent.sent_at,
        sent.zone,
        version_service.source_of(work),
    )
    _record(work, case, told, "report handed off", signature)
    return submission


def check_owed(work: UnitOfWork, case: Row, authority: str, obligations: Sequence[str]) -> None:
    """Raises ``SubmissionRefused`` where one of them is not to be met by a report to it."""
    sent = Submission(authority, obligations, work.now, "UTC", complete=False, channel="")
    for name in obligations:
        _to_be_met(_obligation(work, case, sent, name), sent)


def named(work: UnitOfWork, case: Row, names: Sequence[str]) -> list[Row]:
    """The obligations of a case by their ids, whatever became of them."""
    rows = obligation_repository.of_case(work, case["case_id"])
    return [row for row in rows if str(row["obligation_id"]) in names]


def record_acknowledgement(
    work: UnitOfWork,
    case_number: str,
    submission: str,
    *,
    accepted: bool,
    received_at: datetime,
    reference: str | None = None,
) -> Owed:
    """Record an authority's answer to a submission; how the case stands then.

    Answers are a set: repeated, late or out of order they give the same state, and an acceptance is
    never taken back. A rejection is told to the desk in the same transaction; where an acceptance
    stands beside it, as a conflict. Raises ``NotFound`` where the case has no such submission.
    """
    case, facts, sent = _sent(work, case_number, submission)
    value = {"submission": submission, "accepted": accepted, "reference": reference}
    told = Told("acknowledgement", value, received_at, sent.received_zone, sent.value["authority"])
    owed = _record(work, case, told, "answer of the authority", None)
    said = {f.value["accepted"] for f in facts if _is(f, "acknowledgement", submission)}
    if said | {accepted} == {True, False}:
        escalation_service.tell_answer(work, case, facts, sent, "conflict", received_at)
    elif not accepted:
        escalation_service.tell_answer(work, case, facts, sent, "rejected", received_at)
    return owed


def answers_to(work: UnitOfWork, case_number: str, submission: str) -> set[bool]:
    """What is on record of a submission: accepted, rejected, or both. Raises ``NotFound``."""
    _, facts, _ = _sent(work, case_number, submission)
    return {f.value["accepted"] for f in facts if _is(f, "acknowledgement", submission)}


def _sent(work: UnitOfWork, case_number: str, submission: str) -> tuple[Row, list[Fact], Fact]:
    case = version_service.found(repository.lock_case(work, case_number))
    facts = fact_repository.facts(work, case["case_id"])
    sent = next((f for f in facts if _is(f, "submission", submission)), None)
    if sent is None:
        raise NotFound
    return case, facts, sent


def _record(work: UnitOfWork, case: Row, told: Told, words: str, signature: str | None) -> Owed:
    work.because(words)
    (fact,) = fact_repository.add(work, case, [told], reason=words, signature=signature)
    return obligation_service.recompute(work, case, fact)


def _obligation(work: UnitOfWork, case: Row, sent: Submission, name: str) -> Row:
    index = list(sent.obligations).index(name)
    for row in obligation_repository.of_case(work, case["case_id"]):
        if str(row["obligation_id"]) == name and row["authority"] == sent.authority:
            return row
    detail = "The case owes this authority no such report."
    raise _refused(f"obligations/{index}", "obligation-unknown", detail)


def _to_be_met(row: Row, sent: Submission) -> Row:
    if row["state"] not in RUNNING:
        index = list(sent.obligations).index(str(row["obligation_id"]))
        detail = "This obligation is not to be met any more."
        raise _refused(f"obligations/{index}", "obligation-closed", detail)
    return row


def _is(fact: Fact, kind: str, submission: str) -> bool:
    return fact.kind == kind and fact.value["submission"] == submission


def _refused(field: str, code: str, detail: str) -> errors.SubmissionRefused:
    return errors.SubmissionRefused(errors=[FieldError(f"/{field}", code, detail)])
