"""Routes of the life of a case: versions, receipts, lock, links, obligations."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response

from services.safety import (
    errors,
    export_use_cases,
    life_use_cases,
    version_use_cases,
    view_use_cases,
)
from services.safety.case_schemas import (
    CaseHistory,
    CaseLink,
    CaseLock,
    CaseVersions,
    Nullification,
    Obligations,
    Receipt,
    Waiver,
)
from services.safety.contents import etag
from services.safety.export_schemas import CaseExport
from services.safety.intake_schemas import CaseAmendment, CaseFollowUp
from services.safety.parameters import AsOf, CasePath, ObligationPath
from services.safety.schemas import Case
from shared.database.idempotency import Answer
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.problems import NotFound, PreconditionFailed, PreconditionMissing, documented

router = APIRouter(prefix="/studies/{study}/cases/{case}", route_class=StrictRoute, tags=["cases"])
_CHANGE = (NotFound, errors.CaseNullified, errors.CaseLocked, errors.ReportRefused)
_VERSION = documented(*_CHANGE, PreconditionMissing, PreconditionFailed)
_NULLIFY = documented(
    *_CHANGE, errors.NullificationRefused, PreconditionMissing, PreconditionFailed
)
_LOCK = documented(NotFound, errors.LockUnchanged, errors.CaseNullified)
_LINK = documented(NotFound, errors.LinkRefused, errors.CaseNullified)
_WAIVE = documented(NotFound, errors.ObligationState)


@router.post("/follow-ups", status_code=201, response_model=Case, responses=_VERSION)
async def follow_up_case(
    case: CasePath, body: CaseFollowUp, call: Annotated[Call, operation("safety.follow_up_case")]
) -> Response:
    """Give the whole content as it is known now, on the version that `If-Match` names."""
    known = call.if_match()
    return await call.change(
        body, lambda work: _case(version_use_cases.follow_up(work, case, known, body))
    )


@router.post("/amendments", status_code=201, response_model=Case, responses=_VERSION)
async def amend_case(
    case: CasePath, body: CaseAmendment, call: Annotated[Call, operation("safety.amend_case")]
) -> Response:
    """Correct the version that `If-Match` names: no new information, so no new receipt. Signed by
    the safety desk where it puts off a due date, or takes one away."""
    known = call.if_match()
    return await call.change(
        body, lambda work: _case(version_use_cases.amend(work, case, known, body))
    )


@router.post("/nullification", status_code=201, response_model=Case, responses=_NULLIFY)
async def nullify_case(
    case: CasePath, body: Nullification, call: Annotated[Call, operation("safety.nullify_case")]
) -> Response:
    """Nullify a case that is invalid or a duplicate. A downgrade is followed up instead."""
    known = call.if_match()
    return await call.change(
        body, lambda work: _case(version_use_cases.nullify(work, case, known, body))
    )


@router.get("/versions", responses=documented(NotFound))
async def list_case_versions(
    case: CasePath, call: Annotated[Call, operation("safety.list_case_versions")]
) -> CaseVersions:
    """Every version with the fields that it changed."""
    return await call.read(lambda work: view_use_cases.list_versions(work, case))


@router.post("/receipts", status_code=201, response_model=Case, responses=documented(*_CHANGE))
async def add_receipt(
    case: CasePath, body: Receipt, call: Annotated[Call, operation("safety.add_receipt")]
) -> Response:
    """Record another receipt by the sponsor's side. The earliest counts for Day 0."""
    return await call.change(body, lambda work: _case(life_use_cases.add_receipt(work, case, body)))


@router.post("/lock", status_code=200, response_model=Case, responses=_LOCK)
async def lock_case(
    case: CasePath, body: CaseLock, call: Annotated[Call, operation("safety.lock_case")]
) -> Response:
    """Lock a case, or unlock it. New information unlocks it by itself."""
    return await call.change(
        body, lambda work: _case(life_use_cases.change_lock(work, case, body), 200)
    )


@router.post("/links", status_code=201, response_model=Case, responses=_LINK)
async def link_case(
    case: CasePath, body: CaseLink, call: Annotated[Call, operation("safety.link_case")]
) -> Response:
    """Name another report that belongs to this case."""
    return await call.change(body, lambda work: _case(life_use_cases.link(work, case, body)))


@router.get("/obligations", responses=documented(NotFound))
async def list_obligations(
    case: CasePath,
    call: Annotated[Call, operation("safety.list_obligations")],
    as_of: AsOf = None,
) -> Obligations:
    """What the case owes or owed, each with the facts that it rests on."""
    return await call.read(lambda work: view_use_cases.list_obligations(work, case, as_of))


@router.post("/obligations/{obligation}/waiver", status_code=201, response_model=Case,
             responses=_WAIVE)  # fmt: skip
async def waive_obligation(
    case: CasePath,
    obligation: ObligationPath,
    body: Waiver,
    call: Annotated[Call, operation("safety.waive_obligation")],
) -> Response:
    """Close an obligation unmet, documented and signed. A due date cannot be edited."""
    return await call.change(
        body, lambda work: _case(life_use_cases.waive(work, case, obligation, body))
    )


@router.get("/export", responses=documented(NotFound))
async def export_case(
    case: CasePath, call: Annotated[Call, operation("safety.export_case")]
) -> CaseExport:
    """The whole case: every version, fact, obligation, signature and message, with a hash."""
    return await call.read(lambda work: export_use_cases.export_case(work, case))


@router.get("/history", responses=documented(NotFound))
async def read_case_history(
    case: CasePath, call: Annotated[Call, operation("safety.read_case_history")]
) -> CaseHistory:
    """How the due dates came to be, and which steps of the escalation ladder were taken."""
    return await call.read(lambda work: view_use_cases.read_history(work, case))


def _case(found: Case, status: int = 201) -> Answer:
    return answer(found, status, {"ETag": etag(found.version)})
