"""What a write does to queries and deviations; what persons do with queries is in query_use_cases.

Runs inside the write's transaction, behind the subject's lock.
"""

from collections.abc import Sequence
from typing import Any

from services.assessments import query_events, query_repository
from services.assessments.domain import checks, queries
from services.assessments.domain.deviations import Deviation, deviations
from services.assessments.domain.history import History
from services.assessments.domain.subject_state import SubjectState
from services.assessments.known_repository import Known
from shared.database.unit_of_work import UnitOfWork


def check(
    work: UnitOfWork,
    state_after: SubjectState,
    changed: Sequence[History],
    known: Known,
    submission_id: str,
) -> None:
    """Run the edit checks that the changed records touch: raise queries, close those whose check
    now passes, and note departures from the protocol."""
    definition = work.definition()
    records = checks.touched(definition, state_after, changed)
    ids = {each.record_id for each in changed}
    judged = checks.verdicts(definition, state_after, records, changed=ids)
    outcome = queries.settle(judged, known.asked["check"])
    close(work, state_after, outcome.closed, submission_id)
    ask(work, state_after, outcome.raised, submission_id)
    found = deviations(definition, state_after, records, judged)
    note_deviations(work, state_after, found, known, submission_id)


def note_deviations(
    work: UnitOfWork,
    state: SubjectState,
    found: Sequence[Deviation],
    known: Known,
    submission_id: str,
) -> None:
    """Write down what is new of these departures."""
    stood = {each.key: known.standing.get(each.key, (False, None)) for each in found}
    news = [
        each
        for each in found
        if stood[each.key] != (each.standing, each.days_out)
        and (each.standing or stood[each.key][0])
    ]
    query_repository.note(work, state.site, state.subject, news, submission_id)


def ask(
    work: UnitOfWork,
    state: SubjectState,
    questions: Sequence[queries.Question],
    submission_id: str,
) -> None:
    """Raise queries and tell of them."""
    raised = query_repository.raise_all(work, state.site, state.subject, questions, submission_id)
    query_events.tell(work, state.subject, state.site, raised)


def close(
    work: UnitOfWork,
    state: SubjectState,
    passed: Sequence[tuple[queries.Asked, int | None]],
    submission_id: str,
) -> None:
    """Close queries whose check now passes, and tell of it. The actor is who made it pass."""
    steps: list[dict[str, Any]] = [
        {
            "query_id": each.query_id,
            "action": "auto-close",
            "state": "closed",
            "message": f"{each.check_id}, version {each.check_version}, passes",
            "record_version": version,
        }
        for each, version in passed
    ]
    moved = query_repository.step_all(work, steps, submission_id)
    query_events.tell(work, state.subject, state.site, moved)
