"""Routes of the randomization service."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from services.randomization import errors, service
from services.randomization.schemas import (
    ActiveList,
    Allocation,
    AllocationRequest,
    Allocations,
    Enrolment,
    ListActivation,
    Site,
    SiteOpening,
    Sites,
)
from shared.database.idempotency import Answer
from shared.database.unit_of_work import UnitOfWork
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.models import SUBJECT_PATTERN
from shared.http.pagination import Page, page
from shared.http.problems import NotFound, documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["randomization"])


@router.post("/sites", status_code=201, response_model=Site,
             responses=documented(errors.SiteKnown))  # fmt: skip
async def open_site(
    body: SiteOpening, call: Annotated[Call, operation("randomization.open_site")]
) -> Response:
    """Open a site to enrolment."""
    return await call.change(body, lambda work: answer(service.open_site(work, body)))


@router.get("/sites", responses=documented())
async def list_sites(
    call: Annotated[Call, operation("randomization.list_sites")], at: Annotated[Page, page()]
) -> Sites:
    """The study's sites."""
    return await call.read(lambda work: service.list_sites(work, at))


@router.post("/lists", status_code=201, response_model=ActiveList,
             responses=documented(errors.ListActive))  # fmt: skip
async def activate_list(
    body: ListActivation, call: Annotated[Call, operation("randomization.activate_list")]
) -> Response:
    """Make a randomization list active: in permuted blocks from a secret, or as uploaded."""
    return await call.change(body, lambda work: answer(service.activate_list(work, body)))


@router.post("/allocations", status_code=201, response_model=Allocation,
             responses=documented(errors.AlreadyAllocated))  # fmt: skip
async def request_allocation(
    body: AllocationRequest, call: Annotated[Call, operation("randomization.request_allocation")]
) -> Response:
    """Randomize a child: 201 new, 200 the same request again, 409 other content, 422 refused."""

    def use_case(work: UnitOfWork) -> Answer:
        allocation, new = service.allocate(work, body)
        return answer(allocation, 201 if new else 200)

    return await call.change(body, use_case, replayed_as=200)


@router.get("/allocations", responses=documented())
async def list_allocations(
    call: Annotated[Call, operation("randomization.list_allocations")],
    at: Annotated[Page, page()],
) -> Allocations:
    """The allocations at the caller's sites."""
    return await call.read(lambda work: service.list_allocations(work, at))


@router.get("/allocations/{subject}", responses=documented(NotFound))
async def read_allocation(
    subject: Annotated[str, Path(pattern=SUBJECT_PATTERN)],
    call: Annotated[Call, operation("randomization.read_allocation")],
) -> Allocation:
    """A child's allocation."""
    return await call.read(lambda work: service.read_allocation(work, subject))


@router.get("/enrolment", responses=documented())
async def read_enrolment(
    call: Annotated[Call, operation("randomization.read_enrolment")],
) -> Enrolment:
    """How many were screened and randomized, in all and by site."""
    return await call.read(service.read_enrolment)
