"""Routes of what a number rests on: its records, and the datasets that hold them."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from services.analytics import errors, service, source_service
from services.analytics.downloads import NO_STORE, send_file, store_of
from services.analytics.reading import read
from services.analytics.repository import OutputClass
from services.analytics.schemas import DATASET_PATTERN, RESULT_PATTERN, RUN_PATTERN, Files, Sources
from shared.http.app import StrictRoute
from shared.http.call import Call, operation
from shared.http.pagination import Page, page
from shared.http.problems import NotFound, documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["analytics"])

_DATASETS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The dataset",
        "content": {
            "application/json": {},
            "application/x-ndjson": {},
            "application/octet-stream": {},
            "text/csv": {},
            "application/xml": {},
            "text/html": {},
        },
    },
    304: {"description": "Unchanged: the ETag in If-None-Match is the file's"},
}
ResultPath = Annotated[str, Path(pattern=RESULT_PATTERN)]
DatasetName = Annotated[str, Path(pattern=DATASET_PATTERN, examples=["adtte.json"])]
OfRun = Annotated[str | None, Query(pattern=RUN_PATTERN)]


@router.get("/results/{result}/sources", responses=documented(NotFound, errors.NotPublished))
async def read_sources(
    result: ResultPath,
    request: Request,
    call: Annotated[Call, operation("analytics.read_sources")],
    at: Annotated[Page, page()],
    run: OfRun = None,
) -> Sources:
    """The records that a pooled number rests on, without arms and without what reveals them."""
    return await _sources(request, call, result, "open", run, at)


@router.get("/closed/results/{result}/sources", responses=documented(NotFound, errors.NotPublished))
async def read_closed_sources(
    result: ResultPath,
    request: Request,
    response: Response,
    call: Annotated[Call, operation("analytics.read_closed_sources")],
    at: Annotated[Page, page()],
    run: OfRun = None,
) -> Sources:
    """The records that a number by arm rests on, each with its record and version."""
    response.headers["Cache-Control"] = NO_STORE
    return await _sources(request, call, result, "closed", run, at)


@router.get("/datasets", responses=documented(errors.NotPublished))
async def list_datasets(
    call: Annotated[Call, operation("analytics.list_datasets")], run: OfRun = None
) -> Files:
    """The analysis datasets without arms, in every format, and their define document."""
    return await read(call, lambda work: service.list_files(work, "datasets", "open", run))


@router.get("/closed/datasets", responses=documented(errors.NotPublished))
async def list_closed_datasets(
    call: Annotated[Call, operation("analytics.list_closed_datasets")],
    response: Response,
    run: OfRun = None,
) -> Files:
    """The analysis datasets with the arms, in every format, and their define document."""
    response.headers["Cache-Control"] = NO_STORE
    return await read(call, lambda work: service.list_files(work, "datasets", "closed", run))


@router.get("/datasets/{dataset}", response_class=Response,
            responses=_DATASETS | documented(errors.NotPublished))  # fmt: skip
async def read_dataset(
    dataset: DatasetName,
    request: Request,
    call: Annotated[Call, operation("analytics.read_dataset")],
    run: OfRun = None,
) -> Response:
    """An analysis dataset without arms, as Dataset-JSON, XPT or CSV, or its define document."""
    return await _dataset(request, call, dataset, "open", run)


@router.get("/closed/datasets/{dataset}", response_class=Response,
            responses=_DATASETS | documented(errors.NotPublished))  # fmt: skip
async def read_closed_dataset(
    dataset: DatasetName,
    request: Request,
    call: Annotated[Call, operation("analytics.read_closed_dataset")],
    run: OfRun = None,
) -> Response:
    """An analysis dataset with the arms, as Dataset-JSON, XPT or CSV, or its define document."""
    return await _dataset(request, call, dataset, "closed", run)


async def _dataset(
    request: Request, call: Call, name: str, output_class: OutputClass, run: str | None
) -> Response:
    # A page is for reading: a browser shows it, the others it saves.
    attached = not name.endswith(".html")
    return await send_file(request, call, name, output_class, attached=attached, run=run)


async def _sources(
    request: Request,
    call: Call,
    result: str,
    output_class: OutputClass,
    run: str | None,
    at: Page,
) -> Sources:
    found = await read(call, lambda work: source_service.find(work, result, output_class, run, at))
    content = await asyncio.to_thread(store_of(request).get, found.object_key)
    return source_service.sources(found, content, at)
