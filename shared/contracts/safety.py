"""Events of the safety service."""

from typing import ClassVar

from pydantic import AwareDatetime, Field

from shared.contracts.envelope import EventData


class _Event(EventData):
    source: ClassVar[str] = "safety"
    data_version: ClassVar[str] = "1.0"
    case_id: str
    case_number: str
    site: str
    received_at: AwareDatetime
    first_due_at: AwareDatetime | None = Field(
        description="The earliest of the case's open due dates; null where no clock runs"
    )

    def about(self) -> str:
        return f"case/{self.case_id}"


class CaseOpened(_Event):
    """A safety case was opened; its first due date is told, its content is not."""

    type: ClassVar[str] = "case.opened"


class CaseFollowedUp(_Event):
    """A safety case gained a version."""

    type: ClassVar[str] = "case.followed_up"
    case_version: int
    significant: bool = Field(description="True where seriousness, grade or term changed")
