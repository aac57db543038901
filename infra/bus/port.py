"""What the relay needs of a bus. Two adapters: EventBridge, and the bus of one machine."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

MAX_ENTRY_BYTES = 256 * 1024


@dataclass(frozen=True)
class Entry:
    """One event on its way to the bus: a CloudEvent inside an EventBridge entry."""

    event_id: str
    source: str
    detail_type: str
    detail: str

    @classmethod
    def of(cls, envelope: Mapping[str, Any]) -> "Entry":
        """The entry for a CloudEvents envelope."""
        return cls(
            event_id=str(envelope["id"]),
            source=str(envelope["source"]).replace("urn:", "", 1).replace(":", "."),
            detail_type=str(envelope["type"]),
            # Not escaped: the outbox has measured it, and escapes would make it up to three times
            # as large.
            detail=json.dumps(envelope, ensure_ascii=False),
        )


class EventBus(Protocol):
    def publish(self, entries: Sequence[Entry]) -> Mapping[str, str]:
        """Put entries on the bus; answer why, by event id, for those it did not take."""
        ...
