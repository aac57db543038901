"""Routes of what happens to an allocation afterwards, and of forced allocations."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from services.randomization import (
    aftercare_repository,
    aftercare_service,
    attempts,
    errors,
    forced_service,
)
from services.randomization.aftercare_schemas import (
    ForcedAllocation,
    ForcedAllocations,
    ForcedDecision,
    ForcedProposal,
    InErrorMark,
    StratumCorrection,
)
from services.randomization.schemas import AllocationDetail
from shared.database.transact import Witness
from shared.database.unit_of_work import UnitOfWork
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.models import SUBJECT_PATTERN
from shared.http.pagination import Page, page
from shared.http.problems import NotFound, Problem, documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["aftercare"])

UUID_PATTERN = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
SubjectPath = Annotated[str, Path(pattern=SUBJECT_PATTERN, examples=["S01-001"])]


@router.post("/allocations/{subject}/in-error", status_code=200, response_model=AllocationDetail,
             responses=documented(NotFound, errors.AlreadyInError))  # fmt: skip
async def mark_in_error(
    subject: SubjectPath,
    body: InErrorMark,
    call: Annotated[Call, operation("randomization.mark_in_error")],
) -> Response:
    """Mark a subject as randomized in error: signed, for good. It keeps its arm and its slot."""
    return await call.change(
        body, lambda work: answer(aftercare_service.mark_in_error(work, subject, body), 200)
    )


@router.post("/allocations/{subject}/stratum", status_code=200, response_model=AllocationDetail,
             responses=documented(NotFound, errors.StratumRefused))  # fmt: skip
async def correct_stratum(
    subject: SubjectPath,
    body: StratumCorrection,
    call: Annotated[Call, operation("randomization.correct_stratum")],
) -> Response:
    """Record a subject's true stratum beside the one used. No arm changes, past or future."""
    return await call.change(
        body, lambda work: answer(aftercare_service.correct_stratum(work, subject, body), 200)
    )


@router.post("/forced-allocations", status_code=201, response_model=ForcedAllocation,
             responses=documented(errors.ForcingRefused, errors.SubjectUnknown,
                                  errors.AlreadyAllocated, errors.StratumRefused))  # fmt: skip
async def propose_forced(
    body: ForcedProposal, call: Annotated[Call, operation("randomization.propose_forced")]
) -> Response:
    """Propose a named arm for a child; another person decides."""
    return await call.change(body, lambda work: answer(forced_service.propose(work, body)))


@router.get("/forced-allocations", responses=documented())
async def list_forced(
    call: Annotated[Call, operation("randomization.list_forced")], at: Annotated[Page, page()]
) -> ForcedAllocations:
    """The proposals and what became of them."""
    return await call.read(lambda work: forced_service.list_forced(work, at))


@router.post("/forced-allocations/{proposal}/decision", status_code=200,
             response_model=ForcedAllocation,
             responses=documented(NotFound, errors.ForcingRefused, errors.SecondPersonNeeded,
                                  errors.AlreadyAllocated, errors.StudyClosed))  # fmt: skip
async def decide_forced(
    proposal: Annotated[str, Path(pattern=UUID_PATTERN)],
    body: ForcedDecision,
    call: Annotated[Call, operation("randomization.decide_forced")],
) -> Response:
    """Approve (signed) or reject a proposal, as a second person. Approving allocates the child."""
    return await call.change(
        body,
        lambda work: answer(forced_service.decide(work, proposal, body), 200),
        witness=_witness(proposal, f"forced-{body.decision}"),
    )


def _witness(proposal: str, operation_name: str) -> Witness:
    """Records the attempt with the subject that the proposal is for."""

    def record(work: UnitOfWork, status: int, problem: Problem | None) -> None:
        found = aftercare_repository.find_forced(work, proposal)
        if found is not None:
            noted = attempts.witness(found["subject_id"], found["site_id"], operation_name)
            noted(work, status, problem)

    return record
