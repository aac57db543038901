"""Routes of the expedited report as a document."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.safety import errors, icsr_use_cases
from services.safety.icsr_schemas import IcsrDraft
from services.safety.parameters import CasePath
from shared.http.app import StrictRoute
from shared.http.call import Call, operation
from shared.http.problems import NotFound, documented

router = APIRouter(
    prefix="/studies/{study}/cases/{case}", route_class=StrictRoute, tags=["reports"]
)
ReceiverQuery = Annotated[
    str, Query(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["eudravigilance"])
]


@router.get("/icsr", responses=documented(NotFound, errors.NoReporting, errors.ReceiverUnknown))
async def read_icsr(
    case: CasePath, receiver: ReceiverQuery, call: Annotated[Call, operation("safety.read_icsr")]
) -> IcsrDraft:
    """The E2B(R3) message for a receiver as it would be sent now, and what stands against it."""
    return await call.read(lambda work: icsr_use_cases.read_icsr(work, case, receiver))


@router.get(
    "/cioms",
    response_class=Response,
    responses={
        200: {"content": {"application/pdf": {}}, "description": "The CIOMS I form"},
        **documented(NotFound, errors.NoReporting, errors.NotPrintable),
    },
)
async def read_cioms(
    case: CasePath, call: Annotated[Call, operation("safety.read_cioms")]
) -> Response:
    """The CIOMS I form of the case as it stands, PDF."""
    name, content = await call.read(lambda work: icsr_use_cases.read_cioms(work, case))
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type="application/pdf", headers=headers)
