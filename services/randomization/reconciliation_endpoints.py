"""Routes of the reconciliation with assessments and safety."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response

from services.randomization import reconciliation_service
from services.randomization.reconciliation_schemas import Reconciliation, Reconciliations
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.pagination import Page, page
from shared.http.problems import documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["reconciliation"])


@router.post("/reconciliations", status_code=201, response_model=Reconciliation,
             responses=documented())  # fmt: skip
async def reconcile(call: Annotated[Call, operation("randomization.reconcile")]) -> Response:
    """Compare allocations with assessments and safety now, as every night. Nothing is changed."""
    return await call.change(None, lambda work: answer(reconciliation_service.reconcile(work)))


@router.get("/reconciliations", responses=documented())
async def list_reconciliations(
    call: Annotated[Call, operation("randomization.list_reconciliations")],
    at: Annotated[Page, page()],
) -> Reconciliations:
    """What the reconciliations found, oldest first; to the blinded by subject and kind alone."""
    return await call.read(lambda work: reconciliation_service.list_reconciliations(work, at))
