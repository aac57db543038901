"""Events of the randomization service."""

from typing import ClassVar

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


class ListActivated(_Event):
    """A randomization list became the one that allocations are taken from."""

    type: ClassVar[str] = "list.activated"
    list_id: str

    def about(self) -> str:
        return f"list/{self.list_id}"


class SubjectRandomized(_Event):
    """A subject was allocated. The arm is not told: the bus has readers who must not know it."""

    type: ClassVar[str] = "subject.randomized"
    subject_id: str
    site: str
    allocation_id: str
    randomization_number: str
    randomized_at: AwareDatetime
    definition_version: str

    def about(self) -> str:
        return f"subject/{self.subject_id}"
