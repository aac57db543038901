"""Routes of the randomization service: the allocation itself, and those of its other rooms."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from services.randomization import (
    aftercare_endpoints,
    attempts,
    envelopes_endpoints,
    errors,
    glass_endpoints,
    hold_endpoints,
    list_endpoints,
    reconciliation_endpoints,
    service,
    site_endpoints,
    view_endpoints,
)
from services.randomization.schemas import (
    Allocation,
    AllocationDetail,
    AllocationRequest,
    Allocations,
)
from services.randomization.vault import vault
from shared.database.idempotency import Answer
from shared.database.unit_of_work import UnitOfWork
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.models import SUBJECT_PATTERN
from shared.http.pagination import Page, page
from shared.http.problems import NotFound, documented

allocations = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["allocations"])


@allocations.post("/allocations", status_code=201, response_model=Allocation,
                  responses=documented(errors.AlreadyAllocated, errors.NotEligible,
                                       errors.CapReached, errors.StudyPaused,
                                       errors.KeysUnavailable, errors.AllocationHeld,
                                       known=Allocation))  # fmt: skip
async def request_allocation(
    body: AllocationRequest, call: Annotated[Call, operation("randomization.request_allocation")]
) -> Response:
    """Randomize a child: 201 new, 200 the same request again, 409 other content or the state of
    study, site or list, 422 refused by the gate."""
    keys = vault(call.settings)

    def use_case(work: UnitOfWork) -> Answer:
        allocation, new = attempts.unbroken(lambda: service.allocate(work, body, keys))
        return answer(allocation, 201 if new else 200)

    witness = attempts.witness(body.subject, body.site, "allocation")
    return await call.change(body, use_case, replayed_as=200, witness=witness)


@allocations.get("/allocations", responses=documented())
async def list_allocations(
    call: Annotated[Call, operation("randomization.list_allocations")],
    at: Annotated[Page, page()],
) -> Allocations:
    """The allocations at the caller's sites."""
    return await call.read(lambda work: service.list_allocations(work, at))


@allocations.get("/allocations/{subject}", responses=documented(NotFound))
async def read_allocation(
    subject: Annotated[str, Path(pattern=SUBJECT_PATTERN)],
    call: Annotated[Call, operation("randomization.read_allocation")],
) -> AllocationDetail:
    """A child's allocation, with what happened to it since."""
    return await call.read(lambda work: service.read_allocation(work, subject))


router = APIRouter()
for room in (
    site_endpoints.router,
    list_endpoints.router,
    allocations,
    aftercare_endpoints.router,
    envelopes_endpoints.router,
    glass_endpoints.router,
    hold_endpoints.router,
    view_endpoints.router,
    reconciliation_endpoints.router,
):
    router.routes.extend(room.routes)
