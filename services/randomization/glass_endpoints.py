"""Routes of breaking the glass."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from services.randomization import errors, glass_service
from services.randomization.glass_schemas import (
    BrokenGlass,
    GlassBreak,
    GlassHistory,
    OpenedArm,
)
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.models import SUBJECT_PATTERN
from shared.http.pagination import Page, page
from shared.http.problems import NotFound, documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["break-glass"])

SubjectPath = Annotated[str, Path(pattern=SUBJECT_PATTERN, examples=["S01-001"])]


@router.post("/allocations/{subject}/break-glass", status_code=201, response_model=BrokenGlass,
             responses=documented(NotFound))  # fmt: skip
async def break_glass(
    subject: SubjectPath,
    body: GlassBreak,
    call: Annotated[Call, operation("randomization.break_glass")],
) -> Response:
    """Open one subject's arm to yourself for a while, signed and with the reason. The sponsor's
    quality assurance is told at once."""
    return await call.change(
        body, lambda work: answer(glass_service.break_glass(work, subject, body))
    )


@router.get("/allocations/{subject}/break-glass/arm",
            responses=documented(NotFound, errors.GlassClosed))  # fmt: skip
async def read_arm(
    subject: SubjectPath, call: Annotated[Call, operation("randomization.read_arm")]
) -> OpenedArm:
    """The arm, while the glass that you broke is open. Each reading is written down."""
    return await call.read(lambda work: glass_service.read_arm(work, subject))


@router.get("/break-glass", responses=documented())
async def list_breaks(
    call: Annotated[Call, operation("randomization.list_breaks")], at: Annotated[Page, page()]
) -> GlassHistory:
    """Every break, with who, why, until when and how often read, at the caller's sites."""
    return await call.read(lambda work: glass_service.list_breaks(work, at))
