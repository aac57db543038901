"""Routes of the analytics service."""

import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from services.analytics import errors, service
from services.analytics.repository import OutputClass
from services.analytics.schemas import (
    ENDPOINT_PATTERN,
    FIGURE_PATTERN,
    REPORT_PATTERN,
    RUN_PATTERN,
    STATISTIC_PATTERN,
    Publication,
    Results,
    Run,
    RunRequest,
)
from services.analytics.service import Filter
from shared.artefacts import ArtefactStore, store_at
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.pagination import Page, page
from shared.http.problems import NotFound, documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["analytics"])

NO_STORE = "no-store"
REVALIDATE = "private, no-cache"
# A drawing opened as a page of its own runs and fetches nothing.
DRAWING_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
# A report says by itself what it may load, as it was when it was written.
REPORT_POLICY = "frame-ancestors 'none'"
_PICTURES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The figure", "content": {"image/svg+xml": {}, "image/png": {}}},
    304: {"description": "Unchanged: the ETag in If-None-Match is the figure's"},
}
_REPORTS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The report", "content": {"text/html": {}, "application/pdf": {}}},
    304: {"description": "Unchanged: the ETag in If-None-Match is the report's"},
}
FigureName = Annotated[str, Path(pattern=FIGURE_PATTERN, examples=["EFS.svg"])]
ReportName = Annotated[str, Path(pattern=REPORT_PATTERN, examples=["open.html"])]


def _filter(
    endpoint: Annotated[str | None, Query(pattern=ENDPOINT_PATTERN, examples=["EFS"])] = None,
    statistic: Annotated[str | None, Query(pattern=STATISTIC_PATTERN, examples=["median"])] = None,
) -> Filter:
    return Filter(endpoint, statistic)


Wanted = Annotated[Filter, Depends(_filter)]


@router.post("/runs", status_code=202, response_model=Run, responses=documented())
async def request_run(
    body: RunRequest, call: Annotated[Call, operation("analytics.request_run")]
) -> Response:
    """Ask for a run: it is performed in the background and published when all of it is done."""
    return await call.change(body, lambda work: answer(service.request_run(work, body), 202))


@router.get("/runs/{run}", responses=documented(NotFound))
async def read_run(
    run: Annotated[str, Path(pattern=RUN_PATTERN)],
    call: Annotated[Call, operation("analytics.read_run")],
) -> Run:
    """A run and how far it has come."""
    return await call.read(lambda work: service.read_run(work, run))


@router.get("/publication", responses=documented(errors.NotPublished))
async def read_publication(
    request: Request, call: Annotated[Call, operation("analytics.read_publication")]
) -> Publication:
    """What is published: the run, its manifest, its files."""
    publication, key = await call.read(service.read_publication)
    content = await asyncio.to_thread(_store(request).get, key)
    return publication.model_copy(update={"manifest": json.loads(content)})


@router.get("/results", responses=documented(errors.NotPublished))
async def read_results(
    call: Annotated[Call, operation("analytics.read_results")],
    wanted: Wanted,
    at: Annotated[Page, page()],
) -> Results:
    """The open rows, pooled over arms, of what is published."""
    return await call.read(lambda work: service.read_results(work, "open", wanted, at))


@router.get("/closed/results", responses=documented(errors.NotPublished))
async def read_closed_results(
    call: Annotated[Call, operation("analytics.read_closed_results")],
    wanted: Wanted,
    at: Annotated[Page, page()],
    response: Response,
) -> Results:
    """The rows by arm, for the unblinded statistician and the monitoring committee."""
    response.headers["Cache-Control"] = NO_STORE
    return await call.read(lambda work: service.read_results(work, "closed", wanted, at))


@router.get("/figures/{figure}", response_class=Response,
            responses=_PICTURES | documented(errors.NotPublished))  # fmt: skip
async def read_figure(
    figure: FigureName,
    request: Request,
    call: Annotated[Call, operation("analytics.read_figure")],
) -> Response:
    """A pooled figure, such as EFS.svg or EFS.png."""
    return await _file(request, call, figure, "open")


@router.get("/closed/figures/{figure}", response_class=Response,
            responses=_PICTURES | documented(errors.NotPublished))  # fmt: skip
async def read_closed_figure(
    figure: FigureName,
    request: Request,
    call: Annotated[Call, operation("analytics.read_closed_figure")],
) -> Response:
    """A figure by arm, for the unblinded statistician and the monitoring committee."""
    return await _file(request, call, figure, "closed")


@router.get("/reports/{report}", response_class=Response,
            responses=_REPORTS | documented(errors.NotPublished))  # fmt: skip
async def read_report(
    report: ReportName,
    request: Request,
    call: Annotated[Call, operation("analytics.read_report")],
) -> Response:
    """The open report, pooled over arms, as open.html or open.pdf."""
    return await _file(request, call, report, "open", REPORT_POLICY)


@router.get("/closed/reports/{report}", response_class=Response,
            responses=_REPORTS | documented(errors.NotPublished))  # fmt: skip
async def read_closed_report(
    report: ReportName,
    request: Request,
    call: Annotated[Call, operation("analytics.read_closed_report")],
) -> Response:
    """The report by arm, as closed.html or closed.pdf: for the unblinded statistician and the
    monitoring committee."""
    return await _file(request, call, report, "closed", REPORT_POLICY)


async def _file(
    request: Request,
    call: Call,
    name: str,
    output_class: OutputClass,
    policy: str = DRAWING_POLICY,
) -> Response:
    found = await call.read(lambda work: service.find_file(work, name, output_class))
    tag = f'"{found.sha256}"'
    headers = {
        "ETag": tag,
        "Cache-Control": NO_STORE if output_class == "closed" else REVALIDATE,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": policy,
    }
    if _is_known(request, tag):
        return Response(status_code=304, headers=headers)
    content = await asyncio.to_thread(_store(request).get, found.object_key)
    return Response(content, headers=headers, media_type=found.media_type)


def _is_known(request: Request, tag: str) -> bool:
    """If-None-Match by weak comparison (RFC 9110, 13.1.2)."""
    given = ",".join(request.headers.getlist("If-None-Match"))
    tags = {each.strip().removeprefix("W/") for each in given.split(",")}
    return tag in tags or "*" in tags


def _store(request: Request) -> ArtefactStore:
    return store_at(request.app.state.context().settings.artefacts)
