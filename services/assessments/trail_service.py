"""The trail of a subject for its own site, to hold receipts against."""

from typing import Any

from services.assessments import subject_service, trail_repository
from services.assessments.trail_schemas import Trail, TrailRow
from shared.database.unit_of_work import UnitOfWork
from shared.http.pagination import Page


def read_trail(work: UnitOfWork, subject: str, page: Page) -> Trail:
    """Rows of a subject's trail in their order. Raises ``NotFound``, ``InvalidContent``."""
    subject_service.read_subject(work, subject)
    rows = trail_repository.trail(work, subject, page.number(), page.limit + 1)
    about: dict[str, Any] = {"study_id": work.study, "subject_id": subject}
    return Trail(
        items=[TrailRow(**about, **row) for row in page.cut(rows)], next=page.next(rows, "seq")
    )
