"""What is sent about the life of a case, and the answers that show it."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from services.safety.schemas import CASE_PATTERN, ObligationShown, Receiver, Zone
from shared.http.models import Code, Instant, Model, Name, Reason

CaseNumber = Annotated[str, Field(pattern=CASE_PATTERN, examples=["NCT05748171-0001"])]
MinimumCriterion = Literal[
    "identifiable_patient", "identifiable_reporter", "event", "suspect_product"
]


class Receipt(Model):
    """A receipt of the report by somebody of the sponsor's side, with what was known by it."""

    party: Receiver
    source: Annotated[Name, Field(description="Who received it, in words")]
    received_at: Instant
    received_zone: Zone | None = None
    reference: Name | None = None
    criteria: Annotated[
        list[MinimumCriterion],
        Field(max_length=4, description="Minimum criteria that this receipt held"),
    ]
    seriousness: Annotated[
        list[Code] | None,
        Field(max_length=20, description="Criteria known by it; left out, it says nothing of them"),
    ] = None
    reason: Reason


class CaseLock(Model):
    locked: bool
    reason: Reason


class CaseLink(Model):
    """Another report of this system (`case_number`) or of another (`external_id`)."""

    case_number: CaseNumber | None = None
    external_id: Name | None = None
    relation: Literal["related", "duplicate", "parent-child"]
    reason: Reason


class Waiver(Model):
    reason: Reason


class Nullification(Model):
    """Why the case never was one. There is no code for a downgrade: that is followed up."""

    reason_code: Literal["invalid", "duplicate"]
    duplicate_of: Annotated[CaseNumber | None, Field(description="The case that remains")] = None
    reason: Reason


class FactShown(Model):
    """A dated fact that an obligation rests on."""

    fact_id: str
    kind: str
    value: dict[str, Any]
    true_at: Instant | None
    received_at: Instant
    received_on: Annotated[date, Field(description="The receiver's calendar date")]
    zone: str
    recorded_at: Instant
    source: str
    actor: str
    supersedes: str | None


class ObligationTraced(ObligationShown):
    """An obligation with the facts it rests on, first to last; the trigger began it."""

    trigger: str
    trace: list[FactShown]


class Obligations(Model):
    items: list[ObligationTraced]


class DueChangeShown(Model):
    """An obligation that a recomputation opened, moved or closed, and the fact that made it so."""

    number: int
    rule_set: str
    clock: str
    rule_version: str
    old_due_at: Instant | None
    new_due_at: Instant | None
    old_state: str | None
    new_state: str | None
    cause_fact: str
    cause_kind: str
    changed_at: Instant
    actor: str
    role: str


class EscalationShown(Model):
    """A step of the ladder that was taken. `step_at` is when it was due."""

    obligation_id: str
    step: str
    roles: list[str]
    step_at: Instant
    escalated_at: Instant
    message_id: str


class CaseHistory(Model):
    """How the due dates of a case came to be, and what was done about them."""

    changes: list[DueChangeShown]
    escalations: list[EscalationShown]


class FieldDifference(Model):
    field: str
    old: Any
    new: Any


class VersionShown(Model):
    """A version with what it changed. Masked roles see no change that may reveal the arm."""

    version: int
    kind: str
    significant: bool
    reason: Annotated[str | None, Field(description="Null also for masked roles: free text")]
    recorded_at: Instant
    actor: str
    role: str
    changes: list[FieldDifference]


class CaseVersions(Model):
    items: list[VersionShown]
