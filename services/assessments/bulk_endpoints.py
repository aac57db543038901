"""Routes of bulk submissions."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from services.assessments import bulk_service, errors
from services.assessments.job_schemas import (
    Job,
    JobFaults,
    JobReceipts,
    NewJob,
    Submission,
    Submitted,
)
from shared.database.idempotency import Answer
from shared.database.unit_of_work import UnitOfWork
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.pagination import Page, page
from shared.http.problems import NotFound, TooLarge, documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["bulk"])

JobPath = Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


@router.post("/submissions", status_code=201, response_model=Submitted,
             responses=documented(errors.FileTaken, errors.PriorFileUnknown,
                                  known=Submitted))  # fmt: skip
async def submit(
    body: Submission, call: Annotated[Call, operation("assessments.submit")]
) -> Response:
    """Write many records: 201 where something was stored, 200 where nothing was, with the fate of
    every row. One row's fault stores nothing unless ``atomic`` is false."""

    def use_case(work: UnitOfWork) -> Answer:
        submitted = bulk_service.submit(work, body)
        return answer(submitted, 201 if submitted.stored and not submitted.replayed else 200)

    return await call.change(body, use_case)


@router.post("/jobs", status_code=201, response_model=Job,
             responses=documented(errors.FileTaken, errors.PriorFileUnknown,
                                  known=Job))  # fmt: skip
async def open_job(
    body: NewJob, call: Annotated[Call, operation("assessments.open_job")]
) -> Response:
    """Announce a file of rows: 201 a new job, 200 the one that this file has already."""

    def use_case(work: UnitOfWork) -> Answer:
        job, new = bulk_service.open_job(work, body)
        return answer(job, 201 if new else 200)

    return await call.change(body, use_case)


@router.post("/jobs/{job}/parts", response_model=Job,
             responses=documented(NotFound, TooLarge, errors.PartMisplaced, errors.JobClosed),
             openapi_extra={"requestBody": {"required": False, "content": {
                 "application/x-ndjson": {"schema": {"type": "string"}},
                 "text/csv": {"schema": {"type": "string"}}}}})  # fmt: skip
async def send_part(
    request: Request,
    job: JobPath,
    offset: Annotated[int, Query(ge=0, description="Where the part begins, in bytes")],
    call: Annotated[Call, operation("assessments.send_part")],
    last: Annotated[bool, Query(description="The file ends with this part")] = False,
) -> Response:
    """Send the next part of a file, cut anywhere. ``received`` of the answer is the next offset."""
    content = await request.body()
    part = bulk_service.part_of(offset, content, last=last)
    return await call.change(
        part, lambda work: answer(bulk_service.receive(work, job, part, content), 200)
    )


@router.get("/jobs/{job}", responses=documented(NotFound))
async def read_job(job: JobPath, call: Annotated[Call, operation("assessments.read_job")]) -> Job:
    """How far a job is."""
    return await call.read(lambda work: bulk_service.read_job(work, job))


@router.get("/jobs/{job}/errors", responses=documented(NotFound))
async def list_job_errors(
    job: JobPath,
    call: Annotated[Call, operation("assessments.list_job_errors")],
    at: Annotated[Page, page()],
) -> JobFaults:
    """What is wrong with which row: pointer, code and words, never the value."""
    return await call.read(lambda work: bulk_service.list_errors(work, job, at))


@router.get("/jobs/{job}/receipts", responses=documented(NotFound))
async def list_job_receipts(
    job: JobPath,
    call: Annotated[Call, operation("assessments.list_job_receipts")],
    at: Annotated[Page, page()],
) -> JobReceipts:
    """Receipts of what the job has stored until now: to keep, when it is done."""
    return await call.read(lambda work: bulk_service.list_receipts(work, job, at))
