"""What derivations that were made anew do to queries and deviations."""

from collections.abc import Iterable, Mapping, Sequence

from services.assessments import query_repository, query_service
from services.assessments.domain.derived_queries import asks, departures
from services.assessments.domain.rederived import Step
from services.assessments.domain.subject_state import SubjectState
from shared.database.unit_of_work import UnitOfWork


def settle(
    work: UnitOfWork,
    states: Iterable[SubjectState],
    found: Mapping[str, Sequence[Step]],
    submission_id: str,
) -> None:
    """Raise and close the queries of derivations, and note departures, of each subject."""
    definition = work.definition()
    for state in states:
        derived = [step.after for step in found[state.subject]]
        fresh = all(step.number == 1 for step in found[state.subject])
        known = [] if fresh else query_repository.asked(work, state.subject, "derivation")
        outcome = asks(definition, state, derived, known)
        query_service.close(work, state, outcome.closed, submission_id)
        query_service.ask(work, state, outcome.raised, submission_id)
        away = departures(definition, derived, fresh=fresh)
        query_service.note_deviations(work, state, away, submission_id, fresh=fresh)
