"""The escalation ladder, swept every minute: each step that is due is told once, none skipped.

Beside the ladder of a due date stands that of a report: rejected it is told at once, unanswered
after a while.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from services.safety import escalation_repository, events, obligation_service
from services.safety.domain.answer_windows import AtOnce, Sent, at_once, unanswered_steps
from services.safety.domain.facts import Fact
from services.safety.domain.ladder import Step, due_steps
from services.safety.repository import Row
from services.safety.webhooks.notices import tell
from shared.database.outbox import publish
from shared.database.unit_of_work import UnitOfWork
from shared.http.logs import log

Taken = Callable[[Row], Iterable[Step]]
"""The steps of a row that are due and were not taken."""


def due(work: UnitOfWork) -> dict[uuid.UUID, str]:
    """The cases of the study with a step that is due, by their numbers; what cannot be told of is
    due too, so that whoever takes it comes upon the fault."""
    found: dict[uuid.UUID, str] = {}
    for rows, steps in _ladders(work, None):
        for row in rows:
            if row["case_id"] not in found and _is_due(row, steps):
                found[row["case_id"]] = row["case_number"]
    return found


def sweep(work: UnitOfWork, case_id: uuid.UUID | None = None) -> int:
    """Take every step that is due in the study, or in one case, each in its order; how many.

    A missed sweep is caught up: all steps that fell due meanwhile are told.
    """
    return sum(
        _take(work, row, step)
        for rows, steps in _ladders(work, case_id)
        for row in rows
        for step in steps(row)
    )


def _ladders(work: UnitOfWork, case_id: uuid.UUID | None) -> Iterator[tuple[list[Row], Taken]]:
    """What may be due, with how that is told: obligations, then reports without an answer."""
    safety = work.definition().safety
    if safety is None:
        return
    ladder = safety.escalation

    def of_obligation(row: Row) -> Iterable[Step]:
        return due_steps(ladder, row["began_at"], row["due_at"], work.now, frozenset(row["taken"]))

    def of_report(row: Row) -> Iterable[Step]:
        sent = Sent(row["authority"], row["channel"], row["sent_at"], row["ordinal"])
        return unanswered_steps(sent, work.now, frozenset(row["taken"]))

    yield escalation_repository.running(work, case_id), of_obligation
    yield escalation_repository.unanswered(work, case_id), of_report


def _is_due(row: Row, steps: Taken) -> bool:
    try:
        return any(True for _ in steps(row))
    except Exception:
        return True


def alarm_of_other_rules(work: UnitOfWork) -> int:
    """An alarm where cases were computed by other rules than those in force; how many cases. New
    rules apply to old cases when a person says so, and what nobody applies is escalated to nobody.
    """
    if work.definition().safety is None:
        return 0
    cases = obligation_service.computed_otherwise(work)
    if cases:
        log(
            "cases computed by other rules",
            level="error",
            service="safety",
            study=work.study,
            problem="rules-not-applied",
        )
    return cases


def tell_answer(
    work: UnitOfWork, case: Row, facts: Sequence[Fact], submission: Fact, kind: AtOnce, at: datetime
) -> None:
    """Tell of an answer that a person must act on, for each obligation that the report was to meet.

    ``facts`` are those of the case in the order of recording. The same answer again is told once.
    """
    sent = [fact.fact_id for fact in facts if fact.kind == "submission"]
    step = at_once(kind, sent.index(submission.fact_id) + 1, at)
    names = submission.value["obligations"]
    for row in escalation_repository.named(work, case["case_id"], names):
        _take(work, row, step)


def _take(work: UnitOfWork, row: Row, step: Step) -> bool:
    event = events.obligation_escalated(row, row, step)
    word = events.word_of_escalation(event, obligation_service.place_of(work, row), work.now)
    work.because(f"escalation step {step.id}")
    if not escalation_repository.take(work, row, step, word.message_id):
        return False
    publish(work, event)
    tell(work, row["case_id"], word)
    return True
