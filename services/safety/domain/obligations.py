"""A report owed, and how its dates are counted.

Day 0 is a calendar date of the receiver; days are counted as dates and end at 23:59:59 there. No
instants are subtracted: a change to summer time inside the window moves nothing. Nothing moves a
date for weekends or holidays either; a weekend is warned of.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

State = Literal["open", "handed_off", "submitted", "waived", "superseded"]
RUNNING: Final[tuple[State, ...]] = ("open", "handed_off")
END_OF_DAY: Final = time(23, 59, 59)
_NAMESPACE: Final = uuid.UUID("3f1c9a52-5d1e-5b0e-9c37-0a8f5f0d9b61")


@dataclass(frozen=True)
class Obligation:
    """A report owed. ``due_at`` is the last instant; ``day_zero`` and ``due_on`` are calendar dates
    of the receiver's ``zone``; ``began_at`` is the receipt that started it. ``provisional`` where
    it rests on something not said yet. ``trigger`` is the fact that began it, ``trace`` those that
    it rests on."""

    obligation_id: uuid.UUID
    rule_set: str
    rule_version: str
    clock_id: str
    kind: str
    label: str
    authority: str
    recipient: str
    regulation: str
    verified_by: str | None
    day_zero: date
    due_on: date
    due_at: datetime
    began_at: datetime
    zone: str
    provisional: bool
    reason: str
    state: State
    trigger: uuid.UUID
    trace: tuple[uuid.UUID, ...] = ()


def obligation_id(
    case_id: uuid.UUID, rule_set: str, clock: str, trigger: uuid.UUID, due_at: datetime
) -> uuid.UUID:
    """The same case, rule, trigger and due date are the same obligation, however often it is
    computed. A date that another version of the rules counts otherwise is another obligation: a due
    date is never edited."""
    due = due_at.astimezone(UTC).isoformat()
    return uuid.uuid5(_NAMESPACE, f"{case_id}/{rule_set}/{clock}/{trigger}/{due}")


def end_of_day(day: date, zone: str) -> datetime:
    """The last second of a calendar date in a zone, in UTC."""
    return datetime.combine(day, END_OF_DAY, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def add_days(day: date, days: int) -> date:
    return day + timedelta(days=days)


def governing(obligations: Iterable[Obligation]) -> datetime | None:
    """The due date that governs: the earliest that is still to be met."""
    return min((each.due_at for each in obligations if each.state in RUNNING), default=None)


def weekend_warning(due_on: date) -> str | None:
    """Words where a due date falls on a weekend. The date is not moved: no rule moves it."""
    if due_on.weekday() < 5:
        return None
    friday = due_on - timedelta(days=due_on.weekday() - 4)
    return f"Falls on a {due_on:%A} and is not moved: send by Friday {friday.isoformat()}."
