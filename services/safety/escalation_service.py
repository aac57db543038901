"""The escalation ladder, swept every minute: each step that is due is told once, none skipped.

Beside the ladder of a due date stands that of a report: rejected it is told at once, unanswered
after a while.
"""

from collections.abc import Sequence
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


def sweep(work: UnitOfWork) -> int:
    """Take every step that is due in the study, each in its order; how many were taken.

    A missed sweep is caught up: all steps that fell due meanwhile are told. Obligations that were
    opened at an instant that a caller named are escalated by a clock that somebody names, too.
    """
    safety = work.definition().safety
    if safety is None:
        return 0
    count = 0
    simulated = work.origin.clock.simulated
    for row in escalation_repository.running(work, simulated=simulated):
        taken = frozenset(row["taken"])
        for step in due_steps(safety.escalation, row["began_at"], row["due_at"], work.now, taken):
            count += _take(work, row, step)
    return count + _sweep_answers(work, simulated=simulated)


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


def _sweep_answers(work: UnitOfWork, *, simulated: bool) -> int:
    count = 0
    for row in escalation_repository.unanswered(work, simulated=simulated):
        sent = Sent(row["authority"], row["channel"], row["sent_at"], row["ordinal"])
        for step in unanswered_steps(sent, work.now, frozenset(row["taken"])):
            count += _take(work, row, step)
    return count


def _take(work: UnitOfWork, row: Row, step: Step) -> bool:
    event = events.obligation_escalated(row, row, step)
    word = events.word_of_escalation(event, obligation_service.place_of(work, row), work.now)
    work.because(f"escalation step {step.id}")
    if not escalation_repository.take(work, row, step, word.message_id):
        return False
    publish(work, event)
    tell(work, row["case_id"], word)
    return True
