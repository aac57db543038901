"""A reconciliation of allocations with assessments and safety, as it is answered."""

from pydantic import Field

from services.randomization.domain.reconciliation import Kind
from shared.http.models import Instant, Model, StudyId, SubjectId


class DifferenceShown(Model):
    kind: Kind
    subject: SubjectId | None = Field(
        description="Null where the chain of a stratum differs; the number of a voided envelope"
    )
    details: dict[str, str] | None = Field(
        description="What each side says; null for a reader who may not know arms"
    )


class Reconciliation(Model):
    """What was compared and what differs. Which side is right, a person decides.

    Two sides that agree have the same hash of their key facts.
    """

    reconciliation_id: str
    study: StudyId
    reconciled_at: Instant
    counts: dict[str, int]
    hashes: dict[str, dict[str, str]]
    differences: list[DifferenceShown]


class Reconciliations(Model):
    items: list[Reconciliation]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")
