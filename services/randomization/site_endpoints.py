"""Routes of sites and of enrolment's state."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from services.randomization import errors, site_service
from services.randomization.schemas import (
    EnrolmentChange,
    EnrolmentState,
    Site,
    SiteChange,
    SiteOpening,
    Sites,
)
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.models import SITE_PATTERN
from shared.http.pagination import Page, page
from shared.http.problems import NotFound, documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["sites"])

SitePath = Annotated[str, Path(pattern=SITE_PATTERN, examples=["S01"])]


@router.post("/sites", status_code=201, response_model=Site,
             responses=documented(errors.SiteKnown))  # fmt: skip
async def open_site(
    body: SiteOpening, call: Annotated[Call, operation("randomization.open_site")]
) -> Response:
    """Open a site to enrolment."""
    return await call.change(body, lambda work: answer(site_service.open_site(work, body)))


@router.get("/sites", responses=documented())
async def list_sites(
    call: Annotated[Call, operation("randomization.list_sites")], at: Annotated[Page, page()]
) -> Sites:
    """The study's sites."""
    return await call.read(lambda work: site_service.list_sites(work, at))


@router.post("/sites/{site}/state", status_code=200, response_model=Site,
             responses=documented(NotFound, errors.StateUnchanged))  # fmt: skip
async def change_site(
    site: SitePath, body: SiteChange, call: Annotated[Call, operation("randomization.change_site")]
) -> Response:
    """Pause, close or reopen a site, or set the end of its ethics approval; with the reason."""
    return await call.change(
        body, lambda work: answer(site_service.change_site(work, site, body), 200)
    )


@router.post("/enrolment/state", status_code=200, response_model=EnrolmentState,
             responses=documented(errors.StateUnchanged, errors.ListRevealed))  # fmt: skip
async def change_enrolment(
    body: EnrolmentChange, call: Annotated[Call, operation("randomization.change_enrolment")]
) -> Response:
    """Pause, close or reopen enrolment of the whole study; with the reason."""
    return await call.change(
        body, lambda work: answer(site_service.change_enrolment(work, body), 200)
    )
