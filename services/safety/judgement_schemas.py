"""Medical judgements: what is sent, and what is shown of them."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from services.safety.schemas import Zone
from shared.http.models import Code, Instant, Model, Name, Reason
from shared.http.signatures import ElectronicSignature

EventNumber = Annotated[str, Field(pattern=r"^[1-9][0-9]?$", examples=["1"])]


class CausalityJudgement(Model):
    """Whether a product is suspected to have caused an event: investigator or sponsor, by who
    signs."""

    kind: Literal["causality"]
    event: EventNumber
    product: Code
    related: bool
    reason: Reason


class ExpectednessJudgement(Model):
    """Whether an event is expected by a version of a product's reference safety information. It
    counts where that version was in force at the onset."""

    kind: Literal["expectedness"]
    event: EventNumber
    product: Code
    expected: bool
    reference: Annotated[Name, Field(description="Version of the reference safety information")]
    reason: Reason


class AnticipatedJudgement(Model):
    """Whether the event is one of the list of anticipated events: overrides what its term says."""

    kind: Literal["anticipated"]
    event: EventNumber
    listed: bool
    reason: Reason


class ExemptionJudgement(Model):
    """Whether an exemption of the protocol applies to the event."""

    kind: Literal["exemption"]
    event: EventNumber
    exemption: Code
    applies: bool
    reason: Reason


Judged = Annotated[
    CausalityJudgement | ExpectednessJudgement | AnticipatedJudgement | ExemptionJudgement,
    Field(discriminator="kind"),
]


class Judgement(Model):
    """One judgement, signed."""

    judgement: Judged


class JudgementShown(Model):
    """A judgement that was given. ``party`` is whose it is; ``regions`` where it counts."""

    fact_id: str
    kind: str
    event: str
    party: Literal["investigator", "sponsor"] | None
    product: str | None
    answer: Annotated[bool, Field(description="related, expected, listed or applies")]
    reference: str | None
    regions: list[str] | None
    reason: str | None
    judged_at: Instant
    zone: Zone
    actor: str
    role: str
    signature: Annotated[
        ElectronicSignature | None, Field(description="Null: the word of a record of the site")
    ]


class Proposal(Model):
    """What the reference safety information in force says by the event's term. A person decides."""

    event: str
    product: str
    reference: str
    regions: list[str]
    in_force_on: date
    term_listed: bool


class Judgements(Model):
    items: list[JudgementShown]
    proposals: list[Proposal]
