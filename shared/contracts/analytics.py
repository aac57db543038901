"""Events of the analytics service."""

from datetime import date
from typing import ClassVar

from shared.contracts.envelope import EventData


class _Event(EventData):
    source: ClassVar[str] = "analytics"
    data_version: ClassVar[str] = "1.0"
    run_id: str
    cutoff: date

    def about(self) -> str:
        return f"run/{self.run_id}"


class RunRequested(_Event):
    """A nightly run was asked for."""

    type: ClassVar[str] = "run.requested"


class RunPublished(_Event):
    """A run's results are the ones that readers see."""

    type: ClassVar[str] = "run.published"
    inputs_hash: str
