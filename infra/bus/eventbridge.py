"""The bus on AWS: PutEvents, ten entries at a time, each answered for itself.

HTTP 200 may hide entries that were not taken; only those without an error code are published.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.bus.port import MAX_ENTRY_BYTES, Entry

BATCH = 10


class EventBridge:
    """``client`` is a boto3 ``events`` client, ``bus`` the name of the bus."""

    def __init__(self, client: Any, bus: str) -> None:
        self._client = client
        self._bus = bus

    def publish(self, entries: Sequence[Entry]) -> Mapping[str, str]:
        failures: dict[str, str] = {}
        fitting = []
        for entry in entries:
            if _size(entry) > MAX_ENTRY_BYTES:
                failures[entry.event_id] = "EntryTooLarge"
            else:
                fitting.append(entry)
        broken: str | None = None
        for batch in _batches(fitting):
            if broken is None:
                try:
                    failures |= self._put(batch)
                except Exception as error:  # what the bus took before stands; the rest waits
                    broken = type(error).__name__
            if broken is not None:
                failures |= {entry.event_id: broken for entry in batch}
        return failures

    def _put(self, batch: Sequence[Entry]) -> dict[str, str]:
        answer = self._client.put_events(
            Entries=[
                {
                    "EventBusName": self._bus,
                    "Source": entry.source,
                    "DetailType": entry.detail_type,
                    "Detail": entry.detail,
                }
                for entry in batch
            ]
        )
        return {
            entry.event_id: str(result["ErrorCode"])
            for entry, result in zip(batch, answer["Entries"], strict=True)
            if result.get("ErrorCode")
        }


def _batches(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """At most ten entries and 256 KB a call: both are limits of PutEvents."""
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        if batch and (len(batch) == BATCH or size + _size(entry) > MAX_ENTRY_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += _size(entry)
    if batch:
        yield batch


def _size(entry: Entry) -> int:
    return sum(len(part.encode()) for part in (entry.source, entry.detail_type, entry.detail))
