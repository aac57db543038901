"""What is sent and shown of reports on their way to an authority, and of its answers."""

from typing import Annotated, Literal

from pydantic import Field

from services.safety.icsr_schemas import Sha256
from services.safety.schemas import Zone
from services.safety.submission_schemas import Uuid
from shared.http.models import Instant, Model


class HandOff(Model):
    """The report of the case as it stands is to go to a receiver."""

    receiver: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["eudravigilance"])]
    obligations: Annotated[list[Uuid], Field(min_length=1, max_length=20)]
    zone: Zone | None = None
    complete: Annotated[bool, Field(description="Nothing is left to complete later")]


class SealedIcsr(Model):
    """A sealed message. ``submission_id`` once the gateway has it: from then on it is answered.
    Withdrawn, it never goes: nothing of it was owed any more before a gateway had it."""

    icsr_id: str
    case_number: str
    version: int
    receiver: str
    authority: str
    batch: str
    file_name: str
    sha256: Sha256
    rule_set: str
    schema_set: str | None
    terminology: str | None
    state: Literal["waiting", "delivered", "withdrawn"]
    sealed_at: Instant
    delivered_at: Instant | None
    submission_id: str | None
    attempts: int
    last_error: str | None
    withdrawn_at: Instant | None
    withdrawn_reason: str | None


class SealedIcsrs(Model):
    items: list[SealedIcsr]


class IcsrAnswer(Model):
    """What became of a file that came. ``parked`` and ``unreadable`` need a person."""

    answer_id: str
    sha256: Sha256
    received_at: Instant
    state: Literal["received", "accepted", "rejected", "conflict", "parked", "unreadable"]
    case_number: str | None
    batch: str | None
    notes: list[str]


class IcsrAnswers(Model):
    items: list[IcsrAnswer]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")
