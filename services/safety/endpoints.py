"""Routes of the safety service."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response

from services.safety import (
    attachment_endpoints,
    case_endpoints,
    drug_endpoints,
    errors,
    icsr_endpoints,
    judgement_endpoints,
    reconciliation_endpoints,
    report_endpoints,
    service,
    tabulation_endpoints,
)
from services.safety.contents import etag
from services.safety.desk import endpoints as desk_endpoints
from services.safety.intake_schemas import CaseReport
from services.safety.parameters import AsOf, CasePath
from services.safety.schemas import Case, Cases
from services.safety.webhooks import endpoints as webhooks
from services.safety.webhooks import message_endpoints as webhook_messages
from shared.database.idempotency import Answer
from shared.database.unit_of_work import UnitOfWork
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.pagination import Page, page
from shared.http.problems import NotFound, documented

own = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["safety"])


@own.post("/cases", status_code=201, response_model=Case,
             responses=documented(errors.NoSafetySection))  # fmt: skip
async def open_case(
    body: CaseReport, call: Annotated[Call, operation("safety.open_case")]
) -> Response:
    """Report a serious adverse event. What is missing may follow; its clocks start now."""

    def opened(work: UnitOfWork) -> Answer:
        found = service.open_case(work, body)
        return answer(found, 201, {"ETag": etag(found.version)})

    return await call.change(body, opened)


@own.get("/cases", responses=documented())
async def list_cases(
    call: Annotated[Call, operation("safety.list_cases")], at: Annotated[Page, page()]
) -> Cases:
    """The cases at the caller's sites, in the order of their numbers."""
    return await call.read(lambda work: service.list_cases(work, at))


@own.get("/cases/{case}", responses=documented(NotFound))
async def read_case(
    case: CasePath,
    call: Annotated[Call, operation("safety.read_case")],
    response: Response,
    as_of: AsOf = None,
) -> Case:
    """A case by its number: its newest version, what it owes, and why; now or as of an instant.
    Its ETag is what a new version names."""
    found = await call.read(lambda work: service.read_case(work, case, as_of))
    response.headers["ETag"] = etag(found.version)
    return found


router = APIRouter()
_ROOMS = (
    own,
    case_endpoints.router,
    attachment_endpoints.router,
    judgement_endpoints.router,
    icsr_endpoints.router,
    icsr_endpoints.answers,
    drug_endpoints.router,
    report_endpoints.router,
    tabulation_endpoints.router,
    reconciliation_endpoints.router,
    desk_endpoints.router,
    webhooks.router,
    webhook_messages.router,
)
for room in _ROOMS:
    router.routes.extend(room.routes)
