"""Routes of the analytics service."""

import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from services.analytics import errors, look_endpoints, service, source_endpoints
from services.analytics.downloads import NO_STORE, send_file, store_of
from services.analytics.reading import read
from services.analytics.schemas import (
    ENDPOINT_PATTERN,
    FIGURE_PATTERN,
    POPULATION_PATTERN,
    REPORT_PATTERN,
    RUN_PATTERN,
    STATISTIC_PATTERN,
    Files,
    Progress,
    Publication,
    Results,
    Run,
    RunRequest,
    Runs,
    State,
)
from services.analytics.service import Filter
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.pagination import Page, page
from shared.http.problems import NotFound, documented

results = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["analytics"])

# A report says by itself what it may load, as it was when it was written.
REPORT_POLICY = "frame-ancestors 'none'"
_PICTURES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The figure", "content": {"image/svg+xml": {}}},
    304: {"description": "Unchanged: the ETag in If-None-Match is the figure's"},
}
_MANIFESTS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The manifest", "content": {"application/json": {}}},
    304: {"description": "Unchanged: the ETag in If-None-Match is the manifest's"},
}
_REPORTS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The report", "content": {"text/html": {}, "application/pdf": {}}},
    304: {"description": "Unchanged: the ETag in If-None-Match is the report's"},
}
FigureName = Annotated[str, Path(pattern=FIGURE_PATTERN, examples=["EFS.svg"])]
OfRun = Annotated[str | None, Query(pattern=RUN_PATTERN)]
ReportName = Annotated[str, Path(pattern=REPORT_PATTERN, examples=["open.html"])]


def _filter(
    endpoint: Annotated[str | None, Query(pattern=ENDPOINT_PATTERN, examples=["EFS"])] = None,
    statistic: Annotated[str | None, Query(pattern=STATISTIC_PATTERN, examples=["median"])] = None,
    population: Annotated[str | None, Query(pattern=POPULATION_PATTERN, examples=["ITT"])] = None,
    run: Annotated[str | None, Query(pattern=RUN_PATTERN)] = None,
) -> Filter:
    return Filter(endpoint, statistic, population, run)


Wanted = Annotated[Filter, Depends(_filter)]


@results.post("/runs", status_code=202, response_model=Run, responses=documented())
async def request_run(
    body: RunRequest, call: Annotated[Call, operation("analytics.request_run")]
) -> Response:
    """Ask for a run: it is performed in the background and published when all of it is done."""
    return await call.change(body, lambda work: answer(service.request_run(work, body), 202))


@results.get("/runs", responses=documented())
async def list_runs(
    call: Annotated[Call, operation("analytics.list_runs")],
    at: Annotated[Page, page()],
    state: Annotated[State | None, Query(examples=["published"])] = None,
) -> Runs:
    """The runs of the study, the last asked for first."""
    return await read(call, lambda work: service.list_runs(work, state, at))


@results.get("/runs/{run}", responses=documented(NotFound))
async def read_run(
    run: Annotated[str, Path(pattern=RUN_PATTERN)],
    call: Annotated[Call, operation("analytics.read_run")],
) -> Run:
    """A run and how far it has come."""
    return await read(call, lambda work: service.read_run(work, run))


@results.get("/runs/{run}/progress", responses=documented(NotFound))
async def read_progress(
    run: Annotated[str, Path(pattern=RUN_PATTERN)],
    call: Annotated[Call, operation("analytics.read_progress")],
) -> Progress:
    """The log of a run: what it read, how long it computed, what became of it."""
    return await read(call, lambda work: service.read_progress(work, run))


@results.get("/runs/{run}/manifest", response_class=Response,
            responses=_MANIFESTS | documented(errors.NotPublished))  # fmt: skip
async def read_manifest(
    run: Annotated[str, Path(pattern=RUN_PATTERN)],
    request: Request,
    call: Annotated[Call, operation("analytics.read_manifest")],
) -> Response:
    """The open manifest of a published run: the same data, cutoff and code, the same bytes."""
    return await send_file(request, call, service.MANIFESTS["open"], "open", run=run)


@results.get("/closed/runs/{run}/manifest", response_class=Response,
            responses=_MANIFESTS | documented(errors.NotPublished))  # fmt: skip
async def read_closed_manifest(
    run: Annotated[str, Path(pattern=RUN_PATTERN)],
    request: Request,
    call: Annotated[Call, operation("analytics.read_closed_manifest")],
) -> Response:
    """The manifest by arm of a published run, with every assumed value and the plan of looks."""
    return await send_file(request, call, service.MANIFESTS["closed"], "closed", run=run)


@results.get("/publication", responses=documented(errors.NotPublished))
async def read_publication(
    request: Request, call: Annotated[Call, operation("analytics.read_publication")]
) -> Publication:
    """What is published: the run, its manifest, its files."""
    publication, key = await read(call, service.read_publication)
    content = await asyncio.to_thread(store_of(request).get, key)
    return publication.model_copy(update={"manifest": json.loads(content)})


@results.get("/results", responses=documented(errors.NotPublished))
async def read_results(
    call: Annotated[Call, operation("analytics.read_results")],
    wanted: Wanted,
    at: Annotated[Page, page()],
) -> Results:
    """The open rows, pooled over arms, of what is published."""
    return await read(call, lambda work: service.read_results(work, "open", wanted, at))


@results.get("/closed/results", responses=documented(errors.NotPublished))
async def read_closed_results(
    call: Annotated[Call, operation("analytics.read_closed_results")],
    wanted: Wanted,
    at: Annotated[Page, page()],
    response: Response,
) -> Results:
    """The rows by arm, for the unblinded statistician and the monitoring committee."""
    response.headers["Cache-Control"] = NO_STORE
    return await read(call, lambda work: service.read_results(work, "closed", wanted, at))


@results.get("/figures", responses=documented(errors.NotPublished))
async def list_figures(call: Annotated[Call, operation("analytics.list_figures")]) -> Files:
    """The pooled figures of what is published."""
    return await read(call, lambda work: service.list_files(work, "figures", "open"))


@results.get("/closed/figures", responses=documented(errors.NotPublished))
async def list_closed_figures(
    call: Annotated[Call, operation("analytics.list_closed_figures")], response: Response
) -> Files:
    """The figures by arm of what is published."""
    response.headers["Cache-Control"] = NO_STORE
    return await read(call, lambda work: service.list_files(work, "figures", "closed"))


@results.get("/figures/{figure}", response_class=Response,
            responses=_PICTURES | documented(errors.NotPublished))  # fmt: skip
async def read_figure(
    figure: FigureName,
    request: Request,
    call: Annotated[Call, operation("analytics.read_figure")],
    run: OfRun = None,
) -> Response:
    """A pooled figure, such as EFS.svg."""
    return await send_file(request, call, figure, "open", run=run)


@results.get("/closed/figures/{figure}", response_class=Response,
            responses=_PICTURES | documented(errors.NotPublished))  # fmt: skip
async def read_closed_figure(
    figure: FigureName,
    request: Request,
    call: Annotated[Call, operation("analytics.read_closed_figure")],
    run: OfRun = None,
) -> Response:
    """A figure by arm, for the unblinded statistician and the monitoring committee."""
    return await send_file(request, call, figure, "closed", run=run)


@results.get("/reports/{report}", response_class=Response,
            responses=_REPORTS | documented(errors.NotPublished))  # fmt: skip
async def read_report(
    report: ReportName,
    request: Request,
    call: Annotated[Call, operation("analytics.read_report")],
    run: OfRun = None,
) -> Response:
    """The open report, pooled over arms, as open.html or open.pdf."""
    return await send_file(request, call, report, "open", REPORT_POLICY, run=run)


@results.get("/closed/reports/{report}", response_class=Response,
            responses=_REPORTS | documented(errors.NotPublished))  # fmt: skip
async def read_closed_report(
    report: ReportName,
    request: Request,
    call: Annotated[Call, operation("analytics.read_closed_report")],
    run: OfRun = None,
) -> Response:
    """The report by arm, as closed.html or closed.pdf: for the unblinded statistician and the
    monitoring committee."""
    return await send_file(request, call, report, "closed", REPORT_POLICY, run=run)


router = APIRouter()
for room in (results, source_endpoints.router, look_endpoints.router):
    router.routes.extend(room.routes)
