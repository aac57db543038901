"""A message of the desk's system, applied to the case by the use cases that a person's call has.

So it is held to the same rules. What it may not do contradicts the case: nothing of it is done.
"""

import uuid
from collections.abc import Callable
from typing import Any

from services.safety import (
    errors,
    fact_repository,
    judgement_use_cases,
    repository,
    submission_use_cases,
    version_service,
)
from services.safety.case_life import check_open
from services.safety.contents import of_row
from services.safety.desk import query_repository
from services.safety.desk import repository as desk
from services.safety.desk.schemas import (
    NumberAssigned,
    QueryClosed,
    QueryRaised,
    ReportAnswered,
    ReportSubmitted,
    SponsorJudged,
)
from services.safety.domain.facts import known
from services.safety.judgement_schemas import Judgement
from services.safety.repository import Row
from services.safety.submission_schemas import AcknowledgementReceived, SubmissionMade
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import FieldError, NotFound, Problem

_NO_CASE = "There is no such case."
# Refusals that speak of the case. What is not among them is ours or the transport's.
_OF_THE_CASE = frozenset({403, 404, 409, 412, 422})


def apply(work: UnitOfWork, sender: uuid.UUID, message_id: str, data: Any) -> None:
    """Do what the message says, or nothing. Raises ``ContradictsCase`` with the reason."""
    try:
        work.because(f"the desk's system: {type(data).__name__}")
        _HANDLERS[type(data)](work, sender, message_id, data)
    except errors.ContradictsCase:
        raise
    except Problem as problem:
        if problem.status not in _OF_THE_CASE:
            raise
        raise _contradiction(problem) from problem


def _contradiction(problem: Problem) -> errors.ContradictsCase:
    """The refusal of a use case, with its places as they are in the message."""
    detail = _NO_CASE if isinstance(problem, NotFound) else problem.detail or problem.title
    found = [FieldError(f"/data{each.pointer}", each.code, each.detail) for each in problem.errors]
    return errors.ContradictsCase(detail, found or [FieldError("/data", problem.kind, detail)])


def _refuse(field: str, code: str, detail: str) -> errors.ContradictsCase:
    return errors.ContradictsCase(detail, [FieldError(f"/data/{field}", code, detail)])


def _case(work: UnitOfWork, number: str) -> Row:
    """The case, held, where it may be changed."""
    case, _, facts = version_service.changeable(work, number)
    check_open(facts)
    return case


def _number(work: UnitOfWork, sender: uuid.UUID, message: str, said: NumberAssigned) -> None:
    case = version_service.found(repository.lock_case(work, said.case_number))
    if desk.number_of(work, case["case_id"]) == said.desk_number:
        return
    if not desk.add_number(work, case, said.desk_number, sender, message):
        words = "The case has another number, or another case has this one."
        raise _refuse("desk_number", "number-taken", words)


def _judged(work: UnitOfWork, _sender: uuid.UUID, _message: str, said: SponsorJudged) -> None:
    case = _case(work, said.case_number)
    if said.version != repository.last_version(work, case["case_id"]):
        words = "Another version of the case was judged than the newest."
        raise _refuse("version", "version-stale", words)
    _check_signed(work, said)
    judgement_use_cases.judge(work, said.case_number, Judgement(judgement=said.judgement))


def _raised(work: UnitOfWork, sender: uuid.UUID, _message: str, said: QueryRaised) -> None:
    case, rows, _ = version_service.changeable(work, said.case_number)
    events = {event.number for event in of_row(rows[-1]).events}
    if said.event is not None and said.event not in events:
        raise _refuse("event", "event-unknown", "The case has no such event.")
    if not query_repository.add(work, case, said.query_id, sender, said.event, said.question):
        raise _refuse("query_id", "query-known", "There is a query of this id already.")


def _closed(work: UnitOfWork, _sender: uuid.UUID, _message: str, said: QueryClosed) -> None:
    case = version_service.found(repository.lock_case(work, said.case_number))
    if not query_repository.close(work, case, said.query_id, said.reason):
        raise _refuse("query_id", "query-not-open", "The case has no such open query.")


def _submitted(work: UnitOfWork, _sender: uuid.UUID, _message: str, said: ReportSubmitted) -> None:
    if _submission(work, said.case_number, said.reference) is not None:
        raise _refuse("reference", "reference-known", "A report of this reference is on record.")
    _check_signed(work, said)
    made = SubmissionMade(
        authority=said.authority,
        obligations=said.obligations,
        sent_at=said.sent_at,
        zone=said.zone,
        complete=said.complete,
        channel="gateway",
        reference=said.reference,
    )
    submission_use_cases.submit(work, said.case_number, made)


def _answered(work: UnitOfWork, _sender: uuid.UUID, _message: str, said: ReportAnswered) -> None:
    submission = _submission(work, said.case_number, said.reference)
    if submission is None:
        words = "The case has no report of this reference."
        raise _refuse("reference", "report-unknown", words)
    answer = AcknowledgementReceived(
        accepted=said.accepted, received_at=said.received_at, reference=said.acknowledgement
    )
    submission_use_cases.acknowledge(work, said.case_number, submission, answer)


def _submission(work: UnitOfWork, number: str, reference: str) -> str | None:
    """The newest report of the case under a reference of the desk's."""
    case = version_service.found(repository.lock_case(work, number))
    facts = known(fact_repository.facts(work, case["case_id"]), work.now)
    sent = [f for f in facts if f.kind == "submission" and f.value.get("reference") == reference]
    return str(sent[-1].value["submission"]) if sent else None


def _check_signed(work: UnitOfWork, said: SponsorJudged | ReportSubmitted) -> None:
    if said.signed.at > work.now:
        raise _refuse("signed/at", "in-the-future", "This lies in the future.")


_HANDLERS: dict[type[Any], Callable[[UnitOfWork, uuid.UUID, str, Any], None]] = {
    NumberAssigned: _number,
    SponsorJudged: _judged,
    QueryRaised: _raised,
    QueryClosed: _closed,
    ReportSubmitted: _submitted,
    ReportAnswered: _answered,
}
