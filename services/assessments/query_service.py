"""Queries."""

from collections.abc import Sequence

from services.assessments.domain.history import History
from services.assessments.domain.subject_state import SubjectState
from shared.database.unit_of_work import UnitOfWork


def check(
    work: UnitOfWork, state_after: SubjectState, changed: Sequence[History], submission_id: str
) -> None:
    return None
