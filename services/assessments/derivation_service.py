"""Derivations."""

from services.assessments.domain.subject_state import SubjectState
from shared.database.unit_of_work import UnitOfWork


def rederive(work: UnitOfWork, state_after: SubjectState, submission_id: str) -> None:
    return None
