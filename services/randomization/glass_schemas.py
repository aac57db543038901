"""What is sent about breaking the glass, and what is answered."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from shared.http.models import Instant, Model, Reason, SiteId, StudyId, SubjectId
from shared.http.signatures import ElectronicSignature

Category = Literal["planned", "emergency", "inadvertent", "other"]


class GlassBreak(Model):
    """Why somebody who is masked must know one subject's arm now, or knows it already."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"category": "emergency", "reason": "Liver failure: the antidote hangs on the drug"}
            ]
        }
    )

    category: Category
    reason: Reason


class _Broken(Model):
    break_id: str
    study: StudyId
    subject: SubjectId
    site: SiteId
    category: Category
    reason: str
    broken_by: str
    role: str
    broken_at: Instant
    expires_at: Annotated[Instant, Field(description="The arm is read by it before this instant")]


class BrokenGlass(_Broken):
    """The arm is not in here: it is read by another call, each of which is written down."""

    signature: ElectronicSignature


class OpenedArm(Model):
    """One subject's arm. Nothing of the list it came from."""

    break_id: str
    study: StudyId
    subject: SubjectId
    site: SiteId
    arm: str
    expires_at: Instant


class GlassEntry(_Broken):
    """A break, and how often the arm was read by it. Never the arm."""

    reads: int
    last_read_at: Instant | None


class GlassHistory(Model):
    items: list[GlassEntry]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")
