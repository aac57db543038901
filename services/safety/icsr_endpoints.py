"""Routes of the expedited report as a document."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.safety import errors, icsr_use_cases
from services.safety.icsr_schemas import Coded, Coding, IcsrDraft
from services.safety.parameters import CasePath
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.problems import NotFound, documented

router = APIRouter(
    prefix="/studies/{study}/cases/{case}", route_class=StrictRoute, tags=["reports"]
)
ReceiverQuery = Annotated[
    str, Query(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["eudravigilance"])
]
_NEEDED = (NotFound, errors.NoReporting, errors.CountryUnknown)


@router.get("/icsr", responses=documented(*_NEEDED, errors.ReceiverUnknown))
async def read_icsr(
    case: CasePath, receiver: ReceiverQuery, call: Annotated[Call, operation("safety.read_icsr")]
) -> IcsrDraft:
    """The E2B(R3) message for a receiver as it would be sent now, and what stands against it."""
    return await call.read(lambda work: icsr_use_cases.read_icsr(work, case, receiver))


@router.post("/codings", status_code=201, response_model=Coded,
             responses=documented(NotFound, errors.CaseNullified, errors.NoTerminology,
                                  errors.CodingRefused))  # fmt: skip
async def code_event(
    case: CasePath, body: Coding, call: Annotated[Call, operation("safety.code_event")]
) -> Response:
    """Code an event by MedDRA. Nothing waits for it but the hand-off."""
    return await call.change(
        body, lambda work: answer(icsr_use_cases.code_event(work, case, body), 201)
    )


@router.get(
    "/cioms",
    response_class=Response,
    responses={
        200: {"content": {"application/pdf": {}}, "description": "The CIOMS I form"},
        **documented(*_NEEDED, errors.NotPrintable),
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
