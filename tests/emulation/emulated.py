"""A deployment in the emulator, for scenarios."""

from typing import Any

from infra.emulation.deployment import Deployed
from infra.local.home import Home
from tests.infra.scenario import eventually
from tests.support.deployment import call

# The worker of the night starts cold, from half a gigabyte of libraries.
NIGHT_SECONDS = 290


class Emulated:
    """The emulated deployment as a scenario sees it."""

    def __init__(self, made: Deployed) -> None:
        self.made = made

    @property
    def home(self) -> Home:
        return self.made.home

    @property
    def url(self) -> str:
        return self.made.url

    def night(self, study: str) -> None:
        """As the schedule does: ask for the runs of today, and wait for that of the study."""
        assert self.made.invoke("AnalyticsNightly", {})["asked"] >= 1
        eventually(lambda: self._is_published(study), NIGHT_SECONDS)

    def messages(self, queue: str) -> int:
        """How many messages wait in a queue of the stack, seen or not."""
        attributes = self.made.emulator.client("sqs").get_queue_attributes(
            QueueUrl=self.made.resources[queue], AttributeNames=["All"]
        )["Attributes"]
        return sum(
            int(attributes[f"ApproximateNumberOfMessages{kind}"]) for kind in ("", "NotVisible")
        )

    def call(self, method: str, path: str, **more: Any) -> Any:
        return call(self, method, path, **more)

    def _is_published(self, study: str) -> bool:
        path = f"/analytics/v1/studies/{study}/publication"
        return self.call("GET", path, role="statistician", study=study).is_success
