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
from shared.database.unit_of_work import UnitOfWork
from shared.study.predicate import Truth


def check(
    work: UnitOfWork, state_after: SubjectState, changed: Sequence[History], submission_id: str
) -> None:
    """Run the edit checks that the changed records touch: raise queries, close those whose check
    now passes, and note departures from the protocol."""
    definition = work.definition()
    records = checks.touched(definition, state_after, changed)
    ids = {each.record_id for each in changed}
    judged = checks.verdicts(definition, state_after, records, changed=ids)
    # Of records that are all written for the first time there is nothing yet to close.
    fresh = all(each.record_id in ids and len(each.versions) == 1 for each in records)
    _settle(work, state_after, judged, submission_id, fresh=fresh)
    found = deviations(definition, state_after, records, judged)
    note_deviations(work, state_after, found, submission_id, fresh=fresh)


def note_deviations(
    work: UnitOfWork,
    state: SubjectState,
    found: Sequence[Deviation],
    submission_id: str,
    *,
    fresh: bool = False,
) -> None:
    """Write down what is new of these departures. ``fresh``: none of them can be known already."""
    if fresh and not any(each.standing for each in found):
        return
    known = query_repository.standing(work, state.subject) if found else {}
    news = [
        each
        for each in found
        if known.get(each.key, (False, None)) != (each.standing, each.days_out)
        and (each.standing or known.get(each.key, (False, None))[0])
    ]
    query_repository.note(work, state.site, state.subject, news, submission_id)


def _settle(
    work: UnitOfWork,
    state: SubjectState,
    judged: Sequence[checks.Verdict],
    submission_id: str,
    *,
    fresh: bool,
) -> None:
    if not judged or (fresh and all(each.truth is not Truth.FALSE for each in judged)):
        return
    asked = query_repository.asked(work, state.subject, "check")
    outcome = queries.settle(judged, asked)
    close(work, state, outcome.closed, submission_id)
    ask(work, state, outcome.raised, submission_id)


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
