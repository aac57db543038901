"""The escalation ladder, swept every minute: each step that is due is told once, none skipped."""

from services.safety import escalation_repository, events, obligation_service
from services.safety.domain.ladder import Step, due_steps
from services.safety.repository import Row
from services.safety.webhooks.notices import tell
from shared.database.outbox import publish
from shared.database.unit_of_work import UnitOfWork


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
