"""Routes of the assessments service."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from services.assessments import (
    answers,
    bulk_endpoints,
    derivation_endpoints,
    errors,
    export_endpoints,
    flag_endpoints,
    query_endpoints,
    service,
    subject_service,
    trail_endpoints,
)
from services.assessments.schemas import (
    Assessment,
    Assessments,
    Correction,
    Entry,
    Registration,
    Subject,
    Subjects,
    Versions,
)
from shared.database.idempotency import Answer
from shared.database.unit_of_work import UnitOfWork
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.models import SUBJECT_PATTERN, Instant
from shared.http.pagination import Page, page
from shared.http.problems import NotFound, PreconditionFailed, PreconditionMissing, documented

records = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["assessments"])

SubjectPath = Annotated[str, Path(pattern=SUBJECT_PATTERN, examples=["S01-001"])]
RecordPath = Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
AsOf = Annotated[
    Instant | None,
    Query(description="The state recorded by this instant; the same answer whenever asked"),
]


@records.post("/subjects", status_code=201, response_model=Subject,
             responses=documented(NotFound, errors.SubjectKnown, known=Subject))  # fmt: skip
async def register_subject(
    body: Registration, call: Annotated[Call, operation("assessments.register_subject")]
) -> Response:
    """Take a child into screening: 201 new, 200 the same again, 409 other content."""

    def use_case(work: UnitOfWork) -> Answer:
        subject, new = subject_service.register_subject(work, body)
        return answer(subject, 201 if new else 200)

    return await call.change(body, use_case)


@records.get("/subjects", responses=documented())
async def list_subjects(
    call: Annotated[Call, operation("assessments.list_subjects")], at: Annotated[Page, page()]
) -> Subjects:
    """The subjects at the caller's sites."""
    return await call.read(lambda work: subject_service.list_subjects(work, at))


@records.get("/subjects/{subject}", responses=documented(NotFound))
async def read_subject(
    subject: SubjectPath, call: Annotated[Call, operation("assessments.read_subject")]
) -> Subject:
    """A subject."""
    return await call.read(lambda work: subject_service.read_subject(work, subject))


@records.post("/subjects/{subject}/assessments", status_code=201, response_model=Assessment,
             responses=documented(NotFound, errors.RecordExists, known=Assessment))  # fmt: skip
async def record_assessment(
    subject: SubjectPath,
    body: Entry,
    call: Annotated[Call, operation("assessments.record_assessment")],
) -> Response:
    """Enter a form: 201 new, 200 the same again, 409 other content, 422 all that does not fit."""

    def use_case(work: UnitOfWork) -> Answer:
        assessment, new = service.record(work, subject, body)
        return answer(assessment, 201 if new else 200, {"ETag": answers.etag(assessment.version)})

    return await call.change(body, use_case)


@records.get("/subjects/{subject}/assessments", responses=documented(NotFound))
async def list_assessments(
    subject: SubjectPath,
    call: Annotated[Call, operation("assessments.list_assessments")],
    at: Annotated[Page, page()],
    as_of: AsOf = None,
) -> Assessments:
    """The records of a subject in the order of their ids, now or as of an instant."""
    return await call.read(lambda work: service.list_assessments(work, subject, as_of, at))


@records.get("/subjects/{subject}/assessments/{record}", responses=documented(NotFound))
async def read_assessment(
    subject: SubjectPath,
    record: RecordPath,
    response: Response,
    call: Annotated[Call, operation("assessments.read_assessment")],
    as_of: AsOf = None,
) -> Assessment:
    """A record, now or as of an instant; its ETag is what a correction names."""
    found = await call.read(lambda work: service.read_assessment(work, subject, record, as_of))
    response.headers["ETag"] = answers.etag(found.version)
    return found


@records.put("/subjects/{subject}/assessments/{record}", response_model=Assessment,
            responses=documented(NotFound, PreconditionMissing, PreconditionFailed))  # fmt: skip
async def correct_assessment(
    subject: SubjectPath,
    record: RecordPath,
    body: Correction,
    call: Annotated[Call, operation("assessments.correct_assessment")],
) -> Response:
    """Correct items of a record: If-Match names the version, the body the changes and why."""
    if_match = call.if_match()

    def use_case(work: UnitOfWork) -> Answer:
        corrected = service.correct(work, subject, record, if_match, body)
        return answer(corrected, 200, {"ETag": answers.etag(corrected.version)})

    return await call.change(body, use_case)


@records.get("/subjects/{subject}/assessments/{record}/versions", responses=documented(NotFound))
async def list_versions(
    subject: SubjectPath,
    record: RecordPath,
    call: Annotated[Call, operation("assessments.list_versions")],
    as_of: AsOf = None,
) -> Versions:
    """Every version of a record: who changed which items from what to what, when, and why."""
    return await call.read(lambda work: service.list_versions(work, subject, record, as_of))


router = APIRouter()
for room in (
    records,
    bulk_endpoints.router,
    query_endpoints.router,
    flag_endpoints.router,
    derivation_endpoints.router,
    export_endpoints.router,
    trail_endpoints.router,
):
    router.routes.extend(room.routes)
