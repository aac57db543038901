"""What a document says beside values: queries and flags, by the use cases that persons call."""

from collections.abc import Callable, Mapping
from functools import partial

from pydantic import ValidationError

from services.assessments import (
    answers,
    flag_repository,
    flag_use_cases,
    query_use_cases,
    repository,
)
from services.assessments.domain.flags import Flags, flags_of
from services.assessments.domain.history import History
from services.assessments.domain.rave.oids import number_of
from services.assessments.domain.rave.refusals import Code, RaveRefusedError, Refusal, refuse
from services.assessments.domain.rave.steps import FlagStep, Place, Plan, QueryStep
from services.assessments.flag_schemas import Freeze, Lock, Verification
from services.assessments.query_schemas import Question
from services.assessments.rave import repository as own
from services.assessments.rave.problems import of_problem
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import Problem

Records = Mapping[tuple[str, Place], History]
ASKED = "Asked over Rave Web Services"
# The client's words (QueryStatusType) and what a person does here.
_ACTIONS = {"answered": "answer", "closed": "close", "cancelled": "cancel"}


def apply_beside(work: UnitOfWork, steps: Plan) -> None:
    """Apply the queries and flags of a document, behind its values. All that cannot be applied is
    told at once by ``RaveRefusedError``."""
    if not steps.queries and not steps.flags:
        return
    subjects = {query.subject for query in steps.queries} | {flag.subject for flag in steps.flags}
    records = {
        (history.subject, history.place): history
        for history in repository.histories_of(work, subjects)
    }
    faults: list[Refusal] = []
    for query in steps.queries:
        faults += _faults(query.query.at, partial(_query, work, records, query))
    for flag in steps.flags:
        faults += _faults(flag.at, partial(_flag, work, records, flag))
    if faults:
        raise RaveRefusedError(faults)


def _faults(at: str, step: Callable[[], None]) -> list[Refusal]:
    try:
        step()
    except RaveRefusedError as refusal:
        return list(refusal.refusals)
    except Problem as problem:
        return list(of_problem(problem, at).refusals)
    except ValidationError:
        return [Refusal(Code.ATTRIBUTE, at, "A text is too short, too long, or no text.")]
    return []


def _record(records: Records, subject: str, place: Place, at: str) -> History:
    found = records.get((subject, place))
    if found is None:
        raise refuse(Code.MISSING, at)
    return found


def _query(work: UnitOfWork, records: Records, step: QueryStep) -> None:
    """Open asks anew, or again where a query is named; the other words are steps of that query."""
    told = step.query
    record = _record(records, step.subject, step.place, told.at)
    status = (told.status or "open").casefold()
    if status == "open" and told.preceding is None:
        question = Question.model_validate({"item": step.item, "text": told.value or ""})
        query_use_cases.raise_query(work, step.subject, record.record_id, question)
        return
    if status == "open":
        query = _named(work, record, step, told.preceding)
        query_use_cases.step(work, query, "reopen", told.value or ASKED)
    elif status in _ACTIONS:
        query = _named(work, record, step, told.repeat_key)
        words = told.response or told.value or ASKED
        query_use_cases.step(work, query, _ACTIONS[status], words)  # type: ignore[arg-type]
    else:
        raise refuse(Code.ATTRIBUTE, told.at, "Status is Open, Answered, Closed or Cancelled.")


def _named(work: UnitOfWork, record: History, step: QueryStep, key: str | None) -> str:
    """The query that a repeat key of ours names, or the only one that the item has outstanding."""
    known = own.queries_of(work, record.record_id, step.item)
    for row in known:
        if key is not None and key == str(number_of(row["query_id"])):
            return str(row["query_id"])
    outstanding = [row["query_id"] for row in known if row["state"] in {"open", "answered"}]
    if len(outstanding) != 1:
        words = "QueryRepeatKey names no query of this field."
        raise refuse(Code.MISSING, step.query.at, words)
    return str(outstanding[0])


def _flag(work: UnitOfWork, records: Records, step: FlagStep) -> None:
    """Set or take back a flag; one that is as it is wanted stays so, and is no new step."""
    record = _record(records, step.subject, step.place, step.at)
    events = flag_repository.events_of(work, [record.record_id]).get(record.record_id, ())
    if _is(flags_of(events), step.flag) is step.wanted:
        return
    if step.flag == "freeze":
        freeze = Freeze(frozen=step.wanted, reason=ASKED)
        flag_use_cases.freeze(work, step.subject, record.record_id, freeze)
    elif step.flag == "verify":
        verification = Verification(verified=step.wanted, reason=ASKED)
        match = answers.etag(record.latest.number)
        flag_use_cases.verify(work, step.subject, record.record_id, match, verification)
    elif step.wanted:
        flag_use_cases.lock(work, step.subject, record.record_id, Lock(reason=ASKED))
    else:
        raise refuse(Code.STATE, step.at, "Two persons unlock a record, and one of them signs.")


def _is(flags: Flags, flag: str) -> bool:
    carried = {
        "freeze": flags.frozen,
        "lock": flags.locked,
        "verify": flags.verified is not None,
    }
    return carried[flag]
