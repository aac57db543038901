"""What is asked and answered about derivations."""

from typing import Annotated, Literal

from pydantic import Field

from services.assessments.schemas import AS_OF_POSITION
from shared.http.models import SUBJECT_PATTERN, Instant, Model

Cause = Literal["data", "allocation", "rules"]


class Said(Model):
    """What a derivation says. A value is a category, a number or a date, as text."""

    value: str | None
    status: str = Field(
        description="final; provisional: may change with data still to come; ne: not evaluable; "
        "pending: data are due; void: the data give rise to it no more"
    )
    reason: str | None = Field(description="A stable code: why there is no value, or how it came")


class Derivation(Said):
    """A derivation of a subject in its version of the instant asked for."""

    derivation_id: str
    derivation: str = Field(description="Name; a sample, record or visit stands behind its colon")
    subject: str
    site: str
    version: int
    pack: str = Field(description="Id of the rule pack")
    outcomes: list[str] = Field(description="Outcome measures that it feeds: P1, S1 ...")
    recorded_at: Instant = Field(description="When this version was derived")


class Derivations(Model):
    items: list[Derivation]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")
    as_of_position: int | None = Field(description=AS_OF_POSITION)


class RuleTried(Model):
    rule: str
    text: str
    holds: bool | None = Field(description="null where the facts do not decide it")
    inputs: list[str] = Field(description="The facts looked at, as a person reads them")


class Input(Model):
    """Items of a version of a record."""

    form: str
    record_id: str
    version: int
    items: list[str]


class RulePack(Model):
    id: str
    version: str
    sha256: str


class DerivationTrace(Model):
    """How a derivation was found."""

    rule: str | None = Field(description="The rule that decided")
    tried: list[RuleTried]
    inputs: list[Input]
    notes: list[str] = Field(description="query_..., deviation_... and flags")
    details: dict[str, str | int | None]
    pack: RulePack


class DerivationVersion(Said):
    """A version: what it said, since when, and the write that it followed from."""

    version: int
    recorded_at: Instant
    cause: Cause = Field(description="What was recorded, the allocation, or a version of a pack")
    submission_id: str
    recorded_by: str
    role: str


class Explained(Derivation):
    """A derivation in words and as its trace, with all its versions."""

    explanation: str
    trace: DerivationTrace | None = Field(
        description="null where it rests on records that do not exist for the caller's role"
    )
    versions: list[DerivationVersion]
    as_of_position: int | None = Field(description=AS_OF_POSITION)


class ImpactCause(Model):
    submission_id: str
    cause: Cause
    kind: str = Field(description="The way in of the write")
    recorded_by: str
    role: str
    recorded_at: Instant


class Moved(Model):
    """A derivation that feeds an outcome and says something else than before."""

    subject: str
    site: str
    derivation: str
    derivation_id: str
    before: Said | None = Field(description="null where there was none")
    after: Said
    outcomes: list[str]


class Impact(Moved):
    causes: list[ImpactCause] = Field(description="The writes that moved it, in their order")


class Impacts(Model):
    items: list[Impact]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")


class Rederivation(Model):
    """A request to derive anew by the rule packs in force."""

    dry_run: bool = Field(description="Tell what would change, and change nothing")
    after: Annotated[str, Field(max_length=40)] = Field(
        default="", description="Go on behind this subject"
    )
    limit: int = Field(default=100, ge=1, le=500, description="Subjects in one go")
    subjects: (
        Annotated[list[Annotated[str, Field(pattern=SUBJECT_PATTERN)]], Field(max_length=500)]
        | None
    ) = Field(default=None, description="These only; all where left out")


class Rederived(Model):
    """What deriving anew changes, as far as the caller's role may know of it."""

    dry_run: bool
    subjects: int = Field(description="How many were looked at")
    versions: int = Field(description="Versions of derivations that differ in value or trace")
    moved: list[Moved] = Field(description="Those of them that say something else")
    packs: list[RulePack]
    submission_id: str | None = Field(description="null where nothing was stored")
    next: str | None = Field(description="Give it as after to go on")
