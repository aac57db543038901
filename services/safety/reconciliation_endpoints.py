"""Routes of the reconciliation of cases with clinical adverse events."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from services.safety import reconciliation_use_cases
from services.safety.parameters import UUID_PATTERN
from services.safety.reconciliation_schemas import DifferenceNote, Reconciliation, Status
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.problems import NotFound, documented

router = APIRouter(
    prefix="/studies/{study}/reconciliation", route_class=StrictRoute, tags=["reconciliation"]
)


@router.get("", responses=documented())
async def read_reconciliation(
    call: Annotated[Call, operation("safety.read_reconciliation")],
    status: Annotated[Status | None, Query(description="Only those that stand so")] = None,
) -> Reconciliation:
    """What differs between cases and clinical adverse events now."""
    return await call.read(lambda work: reconciliation_use_cases.read_reconciliation(work, status))


@router.post("/{difference}/notes", status_code=201, response_model=Reconciliation,
             responses=documented(NotFound))  # fmt: skip
async def note_difference(
    difference: Annotated[str, Path(pattern=UUID_PATTERN)],
    body: DifferenceNote,
    call: Annotated[Call, operation("safety.note_difference")],
) -> Response:
    """Say what is done about a difference, and who sees to it."""
    return await call.change(
        body,
        lambda work: answer(reconciliation_use_cases.note_difference(work, difference, body)),
    )
