"""What derivations that were made anew do to queries and deviations."""

from collections.abc import Iterable, Mapping

from services.assessments import query_service
from services.assessments.domain.derived_departures import departures
from services.assessments.domain.derived_notes import notes_pack
from services.assessments.domain.derived_queries import asks
from services.assessments.domain.rederived import Compared
from services.assessments.domain.subject_state import SubjectState
from services.assessments.known_repository import Known
from shared.database.unit_of_work import UnitOfWork
from shared.rules.model import Pack


def settle(
    work: UnitOfWork,
    states: Iterable[SubjectState],
    found: Mapping[str, Compared],
    packs: Mapping[str, Pack],
    known: Mapping[str, Known],
    submission_id: str,
) -> None:
    """Raise and close the queries of derivations, and note departures, of each subject."""
    definition = work.definition()
    versions = {pack.id: pack.version for pack in (*packs.values(), notes_pack())}
    for state in states:
        compared = found[state.subject]
        if not compared.steps:
            continue
        fresh = len(compared.steps) == len(compared.derived) and all(
            step.number == 1 for step in compared.steps
        )
        before = known[state.subject]
        asked = before.asked["derivation"]
        outcome = asks(definition, state, compared.derived.values(), asked, versions)
        query_service.close(work, state, outcome.closed, submission_id)
        query_service.ask(work, state, outcome.raised, submission_id)
        away = departures(definition, [step.after for step in compared.steps], fresh=fresh)
        query_service.note_deviations(work, state, away, before, submission_id)
