"""The trail of a subject for its own site, to hold receipts against."""

from typing import Any

from services.assessments import subject_service, trail_repository
from services.assessments.trail_schemas import Trail, TrailRow
from shared.database.unit_of_work import UnitOfWork
from shared.http.pagination import Page
from shared.http.problems import FieldError, InvalidContent
from shared.http.refusals import pointer

LARGEST = 18
"""Digits of a row's number that the database surely takes."""


def read_trail(work: UnitOfWork, subject: str, page: Page) -> Trail:
    """Rows of a subject's trail in their order. Raises ``NotFound``, ``InvalidContent``."""
    if page.after and not (page.after.isdecimal() and len(page.after) <= LARGEST):
        fault = FieldError(pointer(("query", "after")), "no-cursor", "No page ended here.")
        raise InvalidContent(errors=[fault])
    subject_service.read_subject(work, subject)
    rows = trail_repository.trail(work, subject, int(page.after or 0), page.limit + 1)
    about: dict[str, Any] = {"study_id": work.study, "subject_id": subject}
    return Trail(
        items=[TrailRow(**about, **row) for row in page.cut(rows)], next=page.next(rows, "seq")
    )
