"""What is sent and answered after a restore, while allocation is held."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from services.randomization.schemas import Allocation, AllocationRequest
from shared.http.models import Code, Instant, Model, Reason, SiteId, StudyId, SubjectId

Label = Annotated[str, Field(pattern=r"^[a-z0-9_.=;*-]{1,500}$")]
Position = Annotated[int, Field(ge=1, le=1_000_000)]
Uuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
_STRATUM = "age_group=lt10;first_remission=lt24m"


class SeenPlace(Model):
    """A position of a list's stratum that somebody outside has seen."""

    list_id: Code
    stratum: Label
    position: Position


class Proof(Model):
    """What the site was told of its slot. The commitment stands on the confirmation, and only
    there: without it the stated arm is not looked at."""

    list_id: Code
    stratum: Label
    position: Annotated[Position | None, Field(default=None, description="Where it is known")]
    commitment: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class LostAllocation(AllocationRequest):
    """An allocation that a site holds and a restored database does not know."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject": "S01-001",
                    "site": "S01",
                    "values": {"marrow_blasts": "62.5"},
                    "strata": {},
                    "proof": {
                        "list_id": "L1",
                        "stratum": _STRATUM,
                        "position": 8,
                        "commitment": "5f" * 32,
                    },
                    "arm": "INO",
                    "randomized_at": "2024-01-29T09:30:00+01:00",
                    "reason": "From the site's confirmation",
                }
            ]
        }
    )

    proof: Proof
    arm: Code
    randomized_at: Annotated[Instant, Field(description="As the confirmation says")]
    allocation_id: Annotated[
        Uuid | None, Field(default=None, description="As the site was told it; else as an event")
    ]
    reason: Reason


class RestoredAllocation(Allocation):
    """The allocation again, and every rule that would have refused it by what is known now."""

    deviations: list[str]


class Without(Model):
    """A lost allocation that stays without one: nobody was treated by it, or nobody is known."""

    subject: SubjectId
    reason: Reason


class StepProposal(Model):
    """What one person proposes in a hold, and another decides: to void the next position of a
    stratum, which was given to somebody whom nobody knows any more; or to release the hold."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "release",
                    "seen": [{"list_id": "L1", "stratum": _STRATUM, "position": 8}],
                    "reason": "All that sites and partners hold is entered",
                }
            ]
        }
    )

    kind: Literal["void", "release"]
    place: Annotated[SeenPlace | None, Field(default=None, description="Of a void: which")]
    seen: Annotated[
        list[SeenPlace],
        Field(
            default_factory=list,
            max_length=1000,
            description="Of a release: the last position that is known outside, a stratum",
        ),
    ]
    without: Annotated[list[Without], Field(default_factory=list, max_length=200)]
    reason: Reason

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "StepProposal":
        if (self.kind == "void") != (self.place is not None):
            raise ValueError("a void names its place, and nothing else does")
        if self.kind == "void" and (self.seen or self.without):
            raise ValueError("a void says nothing of the release")
        return self


class StepDecision(Model):
    decision: Literal["approve", "reject"]
    reason: Reason


class Step(Model):
    """A proposal and what became of it."""

    step_id: str
    study: StudyId
    kind: Literal["void", "release"]
    place: SeenPlace | None
    seen: list[SeenPlace]
    without: list[Without]
    reason: str
    state: Literal["proposed", "approved", "rejected"]
    proposed_by: str
    proposed_at: Instant
    decided_by: str | None
    decided_at: Instant | None
    decision_reason: str | None


class Lost(Model):
    """An allocation that others saw in an event; ``entered`` where the subject has one here."""

    subject: SubjectId
    site: SiteId
    allocation_id: str
    randomization_number: str
    randomized_at: Instant
    event_id: str
    entered: bool


class Hold(Model):
    """Whether allocation is held, since when and why, and what is left to do."""

    study: StudyId
    held: bool
    reason: str | None = Field(description="Null where nobody held it, but the database is another")
    opened_by: str | None
    opened_at: Instant | None
    lost: list[Lost]
    steps: list[Step]
