"""The route of a subject's trail."""

from typing import Annotated

from fastapi import APIRouter, Path

from services.assessments import trail_service
from services.assessments.trail_schemas import Trail
from shared.http.app import StrictRoute
from shared.http.call import Call, operation
from shared.http.models import SUBJECT_PATTERN
from shared.http.pagination import Page, page
from shared.http.problems import NotFound, documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["assessments"])

SubjectPath = Annotated[str, Path(pattern=SUBJECT_PATTERN, examples=["S01-001"])]


@router.get("/subjects/{subject}/trail", responses=documented(NotFound))
async def read_trail(
    subject: SubjectPath,
    call: Annotated[Call, operation("assessments.read_trail")],
    at: Annotated[Page, page()],
) -> Trail:
    """Every change of a subject's data, of all services, to hold receipts against."""
    return await call.read(lambda work: trail_service.read_trail(work, subject, at))
