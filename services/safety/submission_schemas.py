"""Reports recorded by hand (a portal, a letter), and the authorities' answers."""

from typing import Annotated, Literal

from pydantic import Field

from services.safety.schemas import Zone
from shared.http.models import Instant, Model, Name

Uuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class SubmissionMade(Model):
    """A report that was sent outside this system."""

    authority: Annotated[str, Field(min_length=1, max_length=40, examples=["US"])]
    obligations: Annotated[list[Uuid], Field(min_length=1, max_length=20)]
    sent_at: Instant
    zone: Zone | None = None
    complete: Annotated[bool, Field(description="Nothing is left to complete later")]
    channel: Literal["portal", "letter", "e-mail", "fax", "gateway"]
    reference: Name | None = None


class SubmissionRecorded(Model):
    submission_id: str
    case_number: str


class AcknowledgementReceived(Model):
    """What the authority answered. Accepted means submitted; rejected leaves the due date."""

    accepted: bool
    received_at: Instant
    reference: Name | None = None
