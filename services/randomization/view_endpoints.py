"""Routes of the views: enrolment, balance, specification, attempts, explanation, confirmation."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel

from services.randomization import (
    confirmation_service,
    enrolment_service,
    specification_service,
    view_service,
)
from services.randomization.documents import negotiation
from services.randomization.documents.confirmation_page import confirmation_html
from services.randomization.documents.enrolment_page import enrolment_html
from services.randomization.documents.page import HEADERS
from services.randomization.documents.pdf import MEDIA_TYPE as PDF
from services.randomization.documents.pdf import confirmation_pdf, file_name
from services.randomization.documents.specification_page import specification_html
from services.randomization.specification_schemas import Specification
from services.randomization.view_schemas import (
    Attempts,
    Balance,
    Confirmation,
    Enrolment,
    Explanation,
)
from shared.http.app import StrictRoute
from shared.http.call import Call, operation
from shared.http.models import SUBJECT_PATTERN
from shared.http.pagination import Page, page
from shared.http.problems import NotAcceptable, NotFound, documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["views"])

JSON, HTML = "application/json", "text/html"
_PAGE: dict[int | str, dict[str, Any]] = {200: {"content": {HTML: {}}}}
_PAPER: dict[int | str, dict[str, Any]] = {200: {"content": {HTML: {}, PDF: {}}}}
SubjectPath = Annotated[str, Path(pattern=SUBJECT_PATTERN, examples=["S01-001"])]


@router.get("/enrolment", response_model=Enrolment,
            responses=_PAGE | documented(NotAcceptable))  # fmt: skip
async def read_enrolment(
    request: Request, call: Annotated[Call, operation("randomization.read_enrolment")]
) -> Response:
    """Progress of enrolment at the caller's sites, never by arm; as JSON or as a page."""
    if _wanted(request, JSON, HTML) == HTML:
        return _html(enrolment_html(await call.read(enrolment_service.enrolment_facts)))
    return _json(await call.read(enrolment_service.read_enrolment))


@router.get("/balance", responses=documented())
async def read_balance(call: Annotated[Call, operation("randomization.read_balance")]) -> Balance:
    """Counts by arm, for those who may compare arms. Each reading is written down."""
    return await call.read(view_service.read_balance)


@router.get("/specification", response_model=Specification,
            responses=_PAGE | documented(NotAcceptable))  # fmt: skip
async def read_specification(
    request: Request, call: Annotated[Call, operation("randomization.read_specification")]
) -> Response:
    """How the study randomizes, made from what is in force; as JSON or as a page."""
    wanted = _wanted(request, JSON, HTML)
    found = await call.read(specification_service.read_specification)
    if wanted == HTML:
        return _html(specification_html(specification_service.specification_facts(found)))
    return _json(found)


@router.get("/attempts", responses=documented())
async def list_attempts(
    call: Annotated[Call, operation("randomization.list_attempts")],
    at: Annotated[Page, page()],
    subject: Annotated[str | None, Query(pattern=SUBJECT_PATTERN, examples=["S01-001"])] = None,
) -> Attempts:
    """Every request for an allocation and what it was answered, oldest first."""
    return await call.read(lambda work: view_service.list_attempts(work, subject, at))


@router.get("/allocations/{subject}/explanation", responses=documented(NotFound))
async def read_explanation(
    subject: SubjectPath, call: Annotated[Call, operation("randomization.read_explanation")]
) -> Explanation:
    """Why a child got its arm, for the unblinded. Each reading is written down."""
    return await call.read(lambda work: view_service.read_explanation(work, subject))


@router.get("/allocations/{subject}/confirmation", response_model=Confirmation,
            responses=_PAPER | documented(NotFound, NotAcceptable))  # fmt: skip
async def read_confirmation(
    request: Request,
    subject: SubjectPath,
    call: Annotated[Call, operation("randomization.read_confirmation")],
) -> Response:
    """The confirmation of an allocation; as JSON, as a page, or as a PDF."""
    wanted = _wanted(request, JSON, HTML, PDF)
    found = await call.read(lambda work: confirmation_service.read_confirmation(work, subject))
    if wanted == JSON:
        return _json(found)
    facts = confirmation_service.confirmation_facts(found)
    if wanted == HTML:
        return _html(confirmation_html(facts))
    # Drawing takes time that other requests need not wait for.
    content = await asyncio.to_thread(confirmation_pdf, facts)
    name = {"Content-Disposition": f'attachment; filename="{file_name(facts)}"'}
    return Response(content, headers=_headers(name), media_type=PDF)


def _wanted(request: Request, *offered: str) -> str:
    return negotiation.choose(", ".join(request.headers.getlist("Accept")), offered)


def _html(content: str) -> Response:
    return HTMLResponse(content, headers=_headers())


def _json(found: BaseModel) -> Response:
    return Response(found.model_dump_json(), headers={"Vary": "Accept"}, media_type=JSON)


def _headers(more: Mapping[str, str] | None = None) -> dict[str, str]:
    return {**HEADERS, **(more or {})}
