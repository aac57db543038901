"""Routes of a hold: after a restore, until what others saw is here again."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from services.randomization import attempts, errors, hold_service, restored_service
from services.randomization.aftercare_endpoints import UUID_PATTERN
from services.randomization.restored_schemas import (
    Hold,
    LostAllocation,
    RestoredAllocation,
    Step,
    StepDecision,
    StepProposal,
)
from services.randomization.vault import vault
from shared.database.idempotency import Answer
from shared.database.unit_of_work import UnitOfWork
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.problems import NotFound, documented

router = APIRouter(prefix="/studies/{study}/hold", route_class=StrictRoute, tags=["hold"])


@router.get("", responses=documented())
async def read_hold(call: Annotated[Call, operation("randomization.read_hold")]) -> Hold:
    """Whether allocation is held after a restore, what others saw of it, and what was done."""
    return await call.read(hold_service.read_hold)


@router.post("/allocations", status_code=201, response_model=RestoredAllocation,
             responses=documented(errors.NotHeld, errors.SubjectUnknown, errors.AlreadyAllocated,
                                  errors.PositionUnknown, errors.PositionOutOfOrder,
                                  errors.ProofRefused, errors.NotAsSeen, errors.ListBroken,
                                  errors.KeysUnavailable, known=RestoredAllocation))  # fmt: skip
async def enter_lost(
    body: LostAllocation, call: Annotated[Call, operation("randomization.enter_lost")]
) -> Response:
    """Enter an allocation that the site holds and the database lost: at its position, for its
    subject, with its id. What the rules say against it is answered, and refuses nothing."""
    keys = vault(call.settings)

    def use_case(work: UnitOfWork) -> Answer:
        entered, new = attempts.unbroken(lambda: restored_service.enter_lost(work, body, keys))
        return answer(entered, 201 if new else 200)

    witness = attempts.witness(body.subject, body.site, "restored")
    return await call.change(body, use_case, replayed_as=200, witness=witness)


@router.post("/steps", status_code=201, response_model=Step,
             responses=documented(errors.NotHeld, errors.StepRefused))  # fmt: skip
async def propose_step(
    body: StepProposal, call: Annotated[Call, operation("randomization.propose_step")]
) -> Response:
    """Propose to void the next position of a stratum, or to release the hold; another person
    decides."""
    return await call.change(body, lambda work: answer(hold_service.propose(work, body)))


@router.post("/steps/{step}/decision", status_code=200, response_model=Step,
             responses=documented(NotFound, errors.NotHeld, errors.StepRefused,
                                  errors.SecondPersonNeeded, errors.PositionUnknown,
                                  errors.PositionOutOfOrder, errors.ListBroken,
                                  errors.KeysUnavailable))  # fmt: skip
async def decide_step(
    step: Annotated[str, Path(pattern=UUID_PATTERN)],
    body: StepDecision,
    call: Annotated[Call, operation("randomization.decide_step")],
) -> Response:
    """Approve (signed) or reject a step, as a second person. Approving does it."""
    keys = vault(call.settings)
    return await call.change(
        body,
        lambda work: answer(
            attempts.unbroken(lambda: hold_service.decide(work, step, body, keys)), 200
        ),
        witness=attempts.suspending,
    )
