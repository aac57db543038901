"""Events of the assessments service."""

from datetime import date
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.envelope import EventData


class _Event(EventData):
    source: ClassVar[str] = "assessments"
    data_version: ClassVar[str] = "1.0"
    subject_id: str
    site: str

    def about(self) -> str:
        return f"subject/{self.subject_id}"


class SubjectRegistered(_Event):
    """A child entered screening."""

    type: ClassVar[str] = "subject.registered"
    rescreening_of: str | None = Field(default=None, description="Earlier screening number")


class AssessmentRecorded(_Event):
    """A form of a subject was entered (version 1) or corrected (version 2 and up).

    Told of what every role may see: nothing leaves for forms and items that reveal the arm, and no
    number in it has gaps where such an entry was made.
    """

    type: ClassVar[str] = "assessment.recorded"
    data_version: ClassVar[str] = "1.1"
    record_id: str
    form: str
    visit: str
    repeat: int
    record_version: int
    observed_on: date | None
    serious: bool = Field(description="True for an adverse event recorded as serious")
    adverse_event: bool = Field(
        default=False, description="True for a record of the study's adverse event form"
    )


class Derived(BaseModel):
    """What a derivation says; a value is a category, a number or a date, as text."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    value: str | None
    status: str = Field(description="final, provisional, ne, pending; void: derived no more")
    reason: str | None = Field(description="A stable code: why there is no value, or how it came")


class InputVersion(BaseModel):
    """A version of a record that a derivation rests on."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    record_id: str
    version: int


class DerivationChanged(_Event):
    """What the trial derives of a subject says something else than before.

    Told of derivations that every role may see: never of doses or drug concentrations, which reveal
    the arm, and no input here is a record that does.
    """

    type: ClassVar[str] = "derivation.changed"
    derivation: str = Field(description="Name; a sample, record or visit stands behind its colon")
    derivation_id: str
    before: Derived | None = Field(description="None where it said nothing before")
    after: Derived
    cause: str = Field(description="data, allocation, or rules (a pack of another version)")
    submission_id: str = Field(description="The write that it follows from")
    inputs: tuple[InputVersion, ...] = Field(description="The records that it rests on now")
    outcomes: tuple[str, ...] = Field(description="Outcome measures that may move: P1, S1 ...")
    pack: str = Field(description="Id and version of the rule pack")


class QueryChanged(_Event):
    """A query of a record was raised, answered, closed, cancelled or reopened.

    What was asked and answered is read from the service. Nothing leaves for queries that rest on
    what reveals the arm.
    """

    type: ClassVar[str] = "query.changed"
    query_id: str
    record_id: str | None = Field(description="Null: of the subject, by a derivation")
    form: str | None
    item: str | None
    origin: Literal["check", "derivation", "person"]
    check_id: str | None
    check_version: str | None
    severity: Literal["query", "flag"]
    state: Literal["open", "answered", "closed", "cancelled"]


class FormChanged(_Event):
    """The flags of a record changed: verified, frozen, locked or signed, or no longer so."""

    type: ClassVar[str] = "form.changed"
    record_id: str
    form: str
    visit: str
    repeat: int
    verified: bool
    frozen: bool
    locked: bool
    signed: bool


class BulkAdvanced(EventData):
    """Rows of a bulk submission wait to be written. Told by the service to itself."""

    source: ClassVar[str] = "assessments"
    data_version: ClassVar[str] = "1.0"
    type: ClassVar[str] = "bulk.advanced"
    job_id: str
    rows_done: int

    def about(self) -> str:
        return f"job/{self.job_id}"
