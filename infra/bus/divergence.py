"""After a restore: what the world saw and the restored database does not know."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Engine, text

from infra.database.cast import SERVICES
from shared.contracts.envelope import Envelope

_KNOWN = text("SELECT event_id::text AS id FROM platform.outbox WHERE event_id = ANY (:ids)")
_STUDIES = text("SELECT study_id FROM platform.study ORDER BY study_id")
_HOLD = text("SELECT randomization.open_hold(:study, :actor, :reason)")
_NOTE = text("SELECT platform.note_lost(CAST(:events AS jsonb), :actor, :reason)")
_RAISE = text("SELECT safety.raise_case_number(:study, :number)")
_BATCH = 1_000
# By what an event tells, what somebody has to do before the database goes on.
TO_DO = {
    "subject.randomized": "enter it from the site's confirmation (POST .../hold/allocations)",
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
    envelope: Mapping[str, Any]

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
                str(told.get("subject", "")), str(told["time"]), dict(told),
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


@dataclass(frozen=True)
class Restored:
    """What became of it: ``noted`` events that were new here, ``held`` studies that were not held
    before."""

    noted: int
    held: list[str]


def tell_restored(
    engine: Engine, seen: Iterable[Divergent], *, actor: str, reason: str
) -> Restored:
    """Hold allocation in every study, note what others saw, and let numbers go on behind it.

    In one transaction; the login is the platform's. Repeats, and more events later, are welcome.
    Raises ``NoEvent`` for an event that is none of ours, ``ValueError`` for a blank word.
    """
    if not (actor.strip() and reason.strip()):
        raise ValueError("a hold wants an actor and a reason")
    lost = unknown_events(engine, seen)
    for each in lost:
        _check(each)
    words = {"actor": actor, "reason": reason}
    with engine.begin() as connection:
        studies = list(connection.execute(_STUDIES).scalars())
        strangers = {each.study for each in lost} - {*studies}
        if strangers:
            raise NoEvent(f"no study of this deployment: {', '.join(sorted(strangers))}")
        held = [s for s in studies if connection.execute(_HOLD, {"study": s} | words).scalar_one()]
        noted = connection.execute(
            _NOTE, {"events": json.dumps([dict(each.envelope) for each in lost])} | words
        ).scalar_one()
        for study, number in _case_numbers(lost).items():
            connection.execute(_RAISE, {"study": study, "number": number})
    return Restored(noted, held)


def _check(event: Divergent) -> None:
    try:
        known = Envelope.model_validate(event.envelope)
    except ValidationError:
        raise NoEvent(f"{event.id} is not an event of this system") from None
    if known.source.removeprefix("urn:induct:") not in SERVICES or known.version < 1:
        raise NoEvent(f"{event.id} is not an event of this system")


def _case_numbers(lost: Iterable[Divergent]) -> dict[str, int]:
    """The highest case number of each study that somebody has seen."""
    highest: dict[str, int] = {}
    for event in lost:
        told = str(dict(event.envelope.get("data", {})).get("case_number", ""))
        number = told.removeprefix(f"{event.study}-")
        if number != told and number.isdecimal():
            highest[event.study] = max(highest.get(event.study, 0), int(number))
    return highest
