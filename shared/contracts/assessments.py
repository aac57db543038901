"""Events of the assessments service."""

from datetime import date
from typing import ClassVar

from pydantic import Field

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
    record_id: str
    form: str
    visit: str
    repeat: int
    record_version: int
    observed_on: date | None
    serious: bool = Field(description="True for an adverse event recorded as serious")
