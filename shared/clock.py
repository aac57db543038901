"""Where the time comes from.

The clock of record is the database's: every environment that serves a request has a clock of its
own, and they differ. In a sandbox a caller may name the instant instead, so that a simulation of
five years takes seconds; a deployment with real children in it refuses that, and so does a study
of mode `live`, wherever it is.
"""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Answers what time it is. ``of_record`` is the database's instant of this transaction;
    ``simulated`` where somebody named another."""

    @property
    def simulated(self) -> bool: ...

    def now(self, of_record: datetime) -> datetime: ...


class DatabaseClock:
    """The time at which the database began this transaction."""

    simulated = False

    def now(self, of_record: datetime) -> datetime:
        return of_record.astimezone(UTC)


class SimulatedClock:
    """A time that the caller names: for simulations in a sandbox, and for tests."""

    simulated = True

    def __init__(self, instant: datetime) -> None:
        if instant.tzinfo is None:
            raise ValueError("a simulated instant needs an offset")
        self._instant = instant.astimezone(UTC)

    def now(self, of_record: datetime) -> datetime:
        return self._instant
