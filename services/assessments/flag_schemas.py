"""What is sent and answered about the flags of records."""

from typing import Annotated, Literal

from pydantic import Field

from shared.http.models import Instant, Model, Reason, SubjectId
from shared.http.signatures import ElectronicSignature


class RecordFlags(Model):
    """What a record carries. Verification and signature are of its present version."""

    verified: bool = Field(default=False, description="Verified against the source (SDV)")
    frozen: bool = Field(default=False, description="The site changes nothing")
    locked: bool = Field(default=False, description="Nobody changes anything")
    unlock_requested: bool = False
    signed: bool = False
    signature: ElectronicSignature | None = None


class FlagEvent(Model):
    """One step in the life of a record's flags."""

    number: int
    action: Literal[
        "verify", "unverify", "freeze", "unfreeze", "lock", "request-unlock", "reject-unlock",
        "approve-unlock", "sign", "void",
    ]  # fmt: skip
    version: int | None = Field(
        description="Version of the record that it is about; of a void, the one that voids. "
        "Null for roles that must not know the arm"
    )
    actor: str
    role: str
    reason: str | None
    recorded_at: Instant


class FlagHistory(Model):
    """The flags of a record, and how they came to be."""

    record_id: str
    subject: SubjectId
    flags: RecordFlags
    signature_holds: bool | None = Field(
        description="Whether the signature still fits what is stored; null where nothing is signed"
    )
    events: list[FlagEvent]


class Verification(Model):
    verified: bool = Field(description="False takes the verification back")
    reason: Reason | None = Field(default=None, description="Needed to take it back")


class Freeze(Model):
    frozen: bool
    reason: Reason


class Lock(Model):
    reason: Reason


class UnlockDecision(Model):
    """By another person than the one who asked. Approval is signed."""

    decision: Literal["approve", "reject"]
    reason: Reason


class Signing(Model):
    """The record, or the whole casebook, as the signer has read it."""

    comment: Reason | None = None


class SignedCasebook(Model):
    subject: SubjectId
    records: Annotated[int, Field(description="So many records were signed, as one")]
    signature: ElectronicSignature


class CasebookStep(Model):
    """A step with all records of a subject; how many there were is not told."""

    subject: SubjectId
    action: Literal["lock", "request-unlock", "reject-unlock", "approve-unlock"]
