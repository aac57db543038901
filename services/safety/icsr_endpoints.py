"""Routes of the expedited report as a document."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.safety import answer_use_cases, errors, handoff_use_cases, icsr_use_cases
from services.safety.handoff_schemas import (
    HandOff,
    IcsrAnswer,
    IcsrAnswers,
    SealedIcsr,
    SealedIcsrs,
)
from services.safety.icsr_schemas import Coded, Coding, IcsrDraft
from services.safety.parameters import CasePath
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.models import Model
from shared.http.pagination import Page, page
from shared.http.problems import (
    FieldError,
    InvalidContent,
    NotFound,
    PreconditionFailed,
    PreconditionMissing,
    documented,
)

router = APIRouter(
    prefix="/studies/{study}/cases/{case}", route_class=StrictRoute, tags=["reports"]
)
answers = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["reports"])
MOST_BYTES = 1_000_000
_FILE = {
    "requestBody": {
        "required": True,
        "content": {"application/xml": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class _File(Model):
    """What a repeated request is known by."""

    sha256: str


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


@router.post("/icsr", status_code=202, response_model=SealedIcsr, responses=documented(
    *_NEEDED, errors.ReceiverUnknown, errors.CaseNullified, errors.NoTerminology,
    errors.SchemasMissing, errors.NotSendable, errors.SubmissionRefused, PreconditionMissing,
    PreconditionFailed))  # fmt: skip
async def hand_off(
    case: CasePath, body: HandOff, call: Annotated[Call, operation("safety.hand_off")]
) -> Response:
    """Seal the report of the version that `If-Match` names, signed, and send it on its way."""
    known = call.if_match()
    return await call.change(
        body,
        lambda work: answer(handoff_use_cases.hand_off(work, case, known, body), 202),
    )


@router.get("/icsrs", responses=documented(NotFound))
async def list_icsrs(
    case: CasePath, call: Annotated[Call, operation("safety.list_icsrs")]
) -> SealedIcsrs:
    """The messages that were sealed of the case, and how far they are."""
    return await call.read(lambda work: handoff_use_cases.list_icsrs(work, case))


@answers.post("/icsr-answers", status_code=202, response_model=IcsrAnswer,
              responses=documented(InvalidContent),
              openapi_extra=_FILE)  # fmt: skip
async def take_answer(
    request: Request, call: Annotated[Call, operation("safety.take_answer")]
) -> Response:
    """An acknowledgement (ICSRACK) as it came. It is kept whatever it is."""
    content = await request.body()
    if not content or len(content) > MOST_BYTES:
        raise InvalidContent(errors=[FieldError("", "size", f"1 to {MOST_BYTES} bytes")])
    named = _File(sha256=hashlib.sha256(content).hexdigest())
    return await call.change(
        named, lambda work: answer(answer_use_cases.take_answer(work, content), 202)
    )


@answers.get("/icsr-answers", responses=documented())
async def list_answers(
    call: Annotated[Call, operation("safety.list_answers")], at: Annotated[Page, page()]
) -> IcsrAnswers:
    """Every answer that came; those parked or unreadable wait for a person."""
    return await call.read(lambda work: answer_use_cases.list_answers(work, at))


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
