"""Routes of interim looks: for the unblinded statistician and the monitoring committee."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response

from services.analytics import errors, look_service
from services.analytics.downloads import NO_STORE
from services.analytics.reading import read
from services.analytics.schemas import LookRequest, Looks
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.problems import NotFound, documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["analytics"])


@router.post("/closed/looks", status_code=201, response_model=Looks,
             responses=documented(NotFound, errors.NoLookPlanned, errors.LookTooEarly))  # fmt: skip
async def record_look(
    body: LookRequest, call: Annotated[Call, operation("analytics.record_look")]
) -> Response:
    """Record an interim look that was held at a published run, and the committee's decision. Later
    nights spend from it. Information and statistic are those of the run; a row a comparison."""
    return await call.change(body, lambda work: answer(look_service.record_look(work, body), 201))


@router.get("/closed/looks")
async def list_looks(
    call: Annotated[Call, operation("analytics.list_looks")], response: Response
) -> Looks:
    """The interim looks that were held, in their order."""
    response.headers["Cache-Control"] = NO_STORE
    return await read(call, look_service.list_looks)
