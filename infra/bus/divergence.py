"""After a restore: what the world saw and the restored database does not know."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, text

_KNOWN = text("SELECT event_id::text AS id FROM platform.outbox WHERE event_id = ANY (:ids)")
_BATCH = 1_000
# By what an event tells, what somebody has to do before the database goes on.
TO_DO = {
    "subject.randomized": "enter it from the site's confirmation, and allocate nobody before",
    "subject.registered": "register the child again under its number",
    "assessment.recorded": "the site enters the record again",
    "case.opened": "report the case again, with its awareness and receipt",
}
OTHERWISE = "tell whoever received it that it is no more"


@dataclass(frozen=True)
class Divergent:
    """An event that somebody received, and that was never sent as far as this database knows."""

    id: str
    type: str
    study: str
    subject: str
    time: str
    data: Mapping[str, Any]

    @property
    def to_do(self) -> str:
        return TO_DO.get(self.type, OTHERWISE)


class NoEvent(ValueError):
    """A line of a partner's file is no event; the message says which."""


def read_events(lines: Iterable[str]) -> Iterator[Divergent]:
    """Events as a partner or an archive holds them: an envelope, or EventBridge's entry around it,
    a line. Raises ``NoEvent``."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
            told = told.get("detail", told)
            yield Divergent(
                str(told["id"]), str(told["type"]), str(told.get("study", "")),
                str(told.get("subject", "")), str(told["time"]), dict(told.get("data", {})),
            )  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError):
            raise NoEvent(f"line {number} is no event") from None


def unknown_events(engine: Engine, seen: Iterable[Divergent]) -> list[Divergent]:
    """Those of them that the outbox does not have, in the order of their times, each once."""
    events = {event.id: event for event in seen}
    ids = sorted(events)
    known: set[str] = set()
    with engine.connect() as connection:
        for start in range(0, len(ids), _BATCH):
            batch = ids[start : start + _BATCH]
            known |= {row.id for row in connection.execute(_KNOWN, {"ids": batch})}
    missing = (event for name, event in events.items() if name not in known)
    return sorted(missing, key=lambda event: (event.time, event.id))
