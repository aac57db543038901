"""Flags."""

from collections.abc import Sequence

from services.assessments.domain.faults import Fault
from services.assessments.domain.history import History
from services.assessments.domain.subject_state import SubjectState
from shared.database.unit_of_work import UnitOfWork


def check_writable(
    work: UnitOfWork, state: SubjectState, changed: Sequence[History]
) -> list[Fault]:
    return []


def void(work: UnitOfWork, changed: Sequence[History], submission_id: str) -> None:
    return None
