"""Events of the randomization service. None carries an arm, a block or what is left of a list."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field

from shared.contracts.envelope import EventData


class _Event(EventData):
    source: ClassVar[str] = "randomization"
    data_version: ClassVar[str] = "1.0"


class SiteOpened(_Event):
    """A site may enrol."""

    type: ClassVar[str] = "site.opened"
    site: str
    country: str = Field(description="ISO 3166-1 alpha-2")

    def about(self) -> str:
        return f"site/{self.site}"


class EnrolmentChanged(_Event):
    """Enrolment of the study, or of one site, was paused, closed or opened again."""

    type: ClassVar[str] = "enrolment.changed"
    site: str | None = Field(default=None, description="Null: the whole study")
    state: Literal["open", "paused", "closed"]

    def about(self) -> str:
        return "enrolment" if self.site is None else f"site/{self.site}"


class _ListEvent(_Event):
    list_id: str

    def about(self) -> str:
        return f"list/{self.list_id}"


class ListActivated(_ListEvent):
    """A randomization list became one that allocations are taken from; its manifest is public."""

    type: ClassVar[str] = "list.activated"
    root: str | None = Field(default=None, description="Merkle root of all commitments")
    manifest_sha256: str | None = None


class ListSuspended(_ListEvent):
    """Nothing is allocated from a list any more: it failed its check, or a person stopped it."""

    type: ClassVar[str] = "list.suspended"
    cause: Literal["check-failed", "person"]


class ListLow(_ListEvent):
    """The planned numbers of a stratum are nearly used up: the list should be extended."""

    type: ClassVar[str] = "list.low"
    stratum: str


class CapThreshold(_Event):
    """Enrolment has reached a percentage of one of its limits."""

    type: ClassVar[str] = "cap.threshold"
    cap: str
    scope: Literal["study", "site", "country", "stratum"]
    target: str
    percent: int

    def about(self) -> str:
        return f"cap/{self.cap}"


class _SubjectEvent(_Event):
    subject_id: str
    site: str

    def about(self) -> str:
        return f"subject/{self.subject_id}"


class SubjectRandomized(_SubjectEvent):
    """A subject was allocated. The arm is not told: the bus has readers who must not know it."""

    type: ClassVar[str] = "subject.randomized"
    allocation_id: str
    randomization_number: str
    randomized_at: AwareDatetime
    definition_version: str


class SubjectInError(_SubjectEvent):
    """A subject was found to have been randomized in error. It stays randomized."""

    type: ClassVar[str] = "subject.in-error"
    category: str


class SubjectUnblinded(_SubjectEvent):
    """Somebody masked opened a subject's arm, or knows it already. Neither the arm nor the reason
    is told: both are read where it is written down."""

    type: ClassVar[str] = "subject.unblinded"
    break_id: str
    category: Literal["planned", "emergency", "inadvertent", "other"]
    role: str
    broken_at: AwareDatetime
    expires_at: AwareDatetime = Field(description="At broken_at: the break opened nothing")


class StratumCorrected(_SubjectEvent):
    """A subject's true stratum is another than the one used; both are kept."""

    type: ClassVar[str] = "subject.stratum-corrected"
    version: int
    stratum: str
    corrected_stratum: str


class DifferencesFound(_Event):
    """A reconciliation of allocations with the other services' data found differences."""

    type: ClassVar[str] = "reconciliation.differences-found"
    reconciliation_id: str
    differences: int

    def about(self) -> str:
        return "reconciliation"
