"""What a document says beside values: queries and flags, by the services that keep them."""

from services.assessments.domain.rave.refusals import Code, RaveRefusedError, Refusal
from services.assessments.domain.rave.steps import Plan
from services.assessments.submission_repository import Source
from shared.database.unit_of_work import UnitOfWork


def apply_beside(work: UnitOfWork, steps: Plan, source: Source) -> None:
    """Apply the queries and flags of a document. Raises ``RaveRefusedError`` with every fault."""
    faults = [
        Refusal(Code.REFUSED, at, "Queries and flags are not taken by this door.")
        for at in [*(step.query.at for step in steps.queries), *(step.at for step in steps.flags)]
    ]
    if faults:
        raise RaveRefusedError(faults)
