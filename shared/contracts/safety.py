"""Events of the safety service."""

from typing import ClassVar

from pydantic import AwareDatetime, Field

from shared.contracts.envelope import EventData


class CaseOpened(EventData):
    """A safety case was opened; its first due date is told, its content is not."""

    type: ClassVar[str] = "case.opened"
    source: ClassVar[str] = "safety"
    data_version: ClassVar[str] = "1.0"
    case_id: str
    case_number: str
    site: str
    received_at: AwareDatetime
    first_due_at: AwareDatetime = Field(description="The earliest of the case's due dates")

    def about(self) -> str:
        return f"case/{self.case_id}"
