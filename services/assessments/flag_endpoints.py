"""Routes of the flags of records."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel

from services.assessments import casebook_use_cases, errors, flag_use_cases
from services.assessments.flag_schemas import (
    CasebookStep,
    FlagHistory,
    Freeze,
    Lock,
    SignedCasebook,
    Signing,
    UnlockDecision,
    Verification,
)
from shared.database.unit_of_work import UnitOfWork
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.models import SUBJECT_PATTERN
from shared.http.problems import NotFound, PreconditionFailed, PreconditionMissing, documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["flags"])

SubjectPath = Annotated[str, Path(pattern=SUBJECT_PATTERN, examples=["S01-001"])]
RecordPath = Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
_RECORD = "/subjects/{subject}/assessments/{record}"
_STEP = documented(NotFound, errors.FlagStep, errors.FormLocked)
_VERSION = documented(
    NotFound, errors.FlagStep, errors.FormLocked, PreconditionMissing, PreconditionFailed
)
_DECISION = documented(NotFound, errors.FlagStep, errors.SecondPersonNeeded)


@router.get(_RECORD + "/flags", responses=documented(NotFound))
async def read_flags(
    subject: SubjectPath,
    record: RecordPath,
    call: Annotated[Call, operation("assessments.read_flags")],
) -> FlagHistory:
    """The flags of a record, and how they came to be."""
    return await call.read(lambda work: flag_use_cases.read_flags(work, subject, record))


@router.post(_RECORD + "/verification", status_code=200, response_model=FlagHistory,
             responses=_VERSION)  # fmt: skip
async def verify_record(
    subject: SubjectPath,
    record: RecordPath,
    body: Verification,
    call: Annotated[Call, operation("assessments.verify_record")],
) -> Response:
    """Mark the version that If-Match names as verified against the source, or take it back."""
    if_match = call.if_match()
    return await _change(
        call, body, lambda work: flag_use_cases.verify(work, subject, record, if_match, body)
    )


@router.post(_RECORD + "/freeze", status_code=200, response_model=FlagHistory, responses=_STEP)
async def freeze_record(
    subject: SubjectPath,
    record: RecordPath,
    body: Freeze,
    call: Annotated[Call, operation("assessments.freeze_record")],
) -> Response:
    """Keep the site from changing a record, or let it again."""
    return await _change(
        call, body, lambda work: flag_use_cases.freeze(work, subject, record, body)
    )


@router.post(_RECORD + "/lock", status_code=200, response_model=FlagHistory, responses=_STEP)
async def lock_record(
    subject: SubjectPath,
    record: RecordPath,
    body: Lock,
    call: Annotated[Call, operation("assessments.lock_record")],
) -> Response:
    """Keep everybody from changing a record."""
    return await _change(call, body, lambda work: flag_use_cases.lock(work, subject, record, body))


@router.post(_RECORD + "/unlock-request", status_code=200, response_model=FlagHistory,
             responses=_STEP)  # fmt: skip
async def request_unlock(
    subject: SubjectPath,
    record: RecordPath,
    body: Lock,
    call: Annotated[Call, operation("assessments.request_unlock")],
) -> Response:
    """Ask for a locked record to be unlocked; another person decides."""
    return await _change(
        call, body, lambda work: flag_use_cases.request_unlock(work, subject, record, body)
    )


@router.post(_RECORD + "/unlock-decision", status_code=200, response_model=FlagHistory,
             responses=_DECISION)  # fmt: skip
async def decide_unlock(
    subject: SubjectPath,
    record: RecordPath,
    body: UnlockDecision,
    call: Annotated[Call, operation("assessments.decide_unlock")],
) -> Response:
    """Approve (signed) or reject the unlocking that another person asked for."""
    return await _change(
        call, body, lambda work: flag_use_cases.decide_unlock(work, subject, record, body)
    )


@router.post(_RECORD + "/signature", status_code=200, response_model=FlagHistory,
             responses=_VERSION)  # fmt: skip
async def sign_record(
    subject: SubjectPath,
    record: RecordPath,
    body: Signing,
    call: Annotated[Call, operation("assessments.sign_record")],
) -> Response:
    """Sign the version of a record that If-Match names. A correction voids the signature."""
    if_match = call.if_match()
    return await _change(
        call, body, lambda work: flag_use_cases.sign_record(work, subject, record, if_match, body)
    )


@router.post("/subjects/{subject}/signature", status_code=200, response_model=SignedCasebook,
             responses=documented(NotFound, errors.FlagStep))  # fmt: skip
async def sign_casebook(
    subject: SubjectPath,
    body: Signing,
    call: Annotated[Call, operation("assessments.sign_casebook")],
) -> Response:
    """Sign every record of a subject at its present version, as one."""
    return await _change(call, body, lambda work: flag_use_cases.sign_casebook(work, subject, body))


@router.post("/subjects/{subject}/lock", status_code=200, response_model=CasebookStep,
             responses=documented(NotFound))  # fmt: skip
async def lock_casebook(
    subject: SubjectPath,
    body: Lock,
    call: Annotated[Call, operation("assessments.lock_casebook")],
) -> Response:
    """Lock every record of a subject, those that the caller must not see as well."""
    return await _change(call, body, lambda work: casebook_use_cases.lock(work, subject, body))


@router.post("/subjects/{subject}/unlock-request", status_code=200, response_model=CasebookStep,
             responses=documented(NotFound))  # fmt: skip
async def request_casebook_unlock(
    subject: SubjectPath,
    body: Lock,
    call: Annotated[Call, operation("assessments.request_casebook_unlock")],
) -> Response:
    """Ask for every locked record of a subject to be unlocked; another person decides."""
    return await _change(
        call, body, lambda work: casebook_use_cases.request_unlock(work, subject, body)
    )


@router.post("/subjects/{subject}/unlock-decision", status_code=200, response_model=CasebookStep,
             responses=documented(NotFound, errors.SecondPersonNeeded))  # fmt: skip
async def decide_casebook_unlock(
    subject: SubjectPath,
    body: UnlockDecision,
    call: Annotated[Call, operation("assessments.decide_casebook_unlock")],
) -> Response:
    """Approve (signed) or reject every unlocking that another person asked for."""
    return await _change(
        call, body, lambda work: casebook_use_cases.decide_unlock(work, subject, body)
    )


async def _change(
    call: Call, body: BaseModel, use_case: Callable[[UnitOfWork], BaseModel]
) -> Response:
    return await call.change(body, lambda work: answer(use_case(work), 200))
