"""Routes of exports. The unblinded ones have addresses, and permissions, of their own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import Response, StreamingResponse

from services.assessments import export_service
from services.assessments.domain.exports.files import MEDIA_TYPES, FileWriter, media_type, writer_of
from services.assessments.domain.exports.participant import Participant, Variant
from services.assessments.errors import ExportOutdated
from services.assessments.export_schemas import FILE_PATTERN, Export, ExportRequest
from services.assessments.export_service import Plan
from shared.database.unit_of_work import UnitOfWork
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.problems import NotFound, documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["exports"])

ExportPath = Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
FilePath = Annotated[str, Path(pattern=FILE_PATTERN, examples=["lb.ndjson"])]
_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file, streamed",
        "content": {each.partition(";")[0]: {} for each in sorted(set(MEDIA_TYPES.values()))},
    }
}


@router.post("/exports", status_code=201, response_model=Export, responses=documented())
async def create_export(
    body: ExportRequest, call: Annotated[Call, operation("assessments.create_export")]
) -> Response:
    """Ask for a blinded export: nothing in it depends on the arm of any child."""
    return await call.change(
        body, lambda work: answer(export_service.create(work, body, "blinded"))
    )


@router.get("/exports/{export}", responses=documented(NotFound, ExportOutdated))
async def read_export(
    export: ExportPath, call: Annotated[Call, operation("assessments.read_export")]
) -> Export:
    """A blinded export and its files."""
    return await call.read(lambda work: export_service.read(work, export, "blinded"))


@router.get("/exports/{export}/files/{file}", response_class=Response,
            responses=_FILES | documented(NotFound, ExportOutdated))  # fmt: skip
async def read_export_file(
    export: ExportPath,
    file: FilePath,
    call: Annotated[Call, operation("assessments.read_export_file")],
) -> Response:
    """A file of a blinded export, made as it is sent."""
    return await _file(call, export, file, "blinded")


@router.post("/closed/exports", status_code=201, response_model=Export, responses=documented())
async def create_unblinded_export(
    body: ExportRequest, call: Annotated[Call, operation("assessments.create_unblinded_export")]
) -> Response:
    """Ask for an unblinded export: arms, doses and concentrations are in it."""
    return await call.change(
        body, lambda work: answer(export_service.create(work, body, "unblinded"))
    )


@router.get("/closed/exports/{export}", responses=documented(NotFound, ExportOutdated))
async def read_unblinded_export(
    export: ExportPath, call: Annotated[Call, operation("assessments.read_unblinded_export")]
) -> Export:
    """An unblinded export and its files."""
    return await call.read(lambda work: export_service.read(work, export, "unblinded"))


@router.get("/closed/exports/{export}/files/{file}", response_class=Response,
            responses=_FILES | documented(NotFound, ExportOutdated))  # fmt: skip
async def read_unblinded_export_file(
    export: ExportPath,
    file: FilePath,
    call: Annotated[Call, operation("assessments.read_unblinded_export_file")],
) -> Response:
    """A file of an unblinded export, made as it is sent; each fetch is written down."""
    return await _file(call, export, file, "unblinded")


async def _file(call: Call, export: str, file: str, variant: Variant) -> Response:
    plan = await call.read(lambda work: export_service.open_file(work, export, file, variant))
    writer = writer_of(file, plan.sdtm, plan.about)
    if writer.surveys:
        async for participant in _children(call, plan, writer):
            writer.look(participant)
    headers = {"Content-Disposition": f'attachment; filename="{file}"'}
    return StreamingResponse(
        _written(call, plan, writer), media_type=media_type(file), headers=headers
    )


async def _written(call: Call, plan: Plan, writer: FileWriter) -> AsyncIterator[bytes]:
    yield writer.start()
    async for participant in _children(call, plan, writer):
        yield writer.child(participant)
    yield writer.end()


async def _children(call: Call, plan: Plan, writer: FileWriter) -> AsyncIterator[Participant]:
    """Every child in its order, a page at a time: each page is a transaction of its own.

    That needs no snapshot held open: what is read is as of a position, and that never changes.
    """
    after = ""
    while page := await call.read(_page(plan, after, writer)):
        for participant in page:
            yield participant
            # Writing a child is work for the processor alone: other requests get their turn.
            await asyncio.sleep(0)
        after = page[-1].subject


def _page(plan: Plan, after: str, writer: FileWriter) -> Callable[[UnitOfWork], list[Participant]]:
    return lambda work: export_service.children(work, plan, after, writer)
