"""Counts by cause, and the table of one group seen from one cause."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from services.analytics.domain.life_table import FloatArray, IntArray, LifeTable

CENSORED = 0


@dataclass(frozen=True, slots=True, order=True)
class CauseCount:
    """How many subjects of an arm and stratum ended at one time by one cause.

    ``time`` is in days; ``cause`` 0 is censoring, 1 and above are the causes. Raises
    ValueError for a negative or infinite time, a negative cause or count.
    """

    arm: str
    stratum: str
    time: float
    cause: int
    subjects: int

    def __post_init__(self) -> None:
        if not math.isfinite(self.time) or self.time < 0:
            raise ValueError(f"a time must be finite and not negative, not {self.time}")
        if self.cause < CENSORED or self.subjects < 0:
            raise ValueError("a cause and a count must not be negative")


@dataclass(frozen=True, slots=True, eq=False)
class CompetingTable:
    """Arrays of one length, ascending in ``times`` (days), each time once.

    ``events`` are those of the cause looked at, ``competing`` those of all others
    together. Who is censored on the day of an event is still at risk on it.
    """

    cause: int
    times: FloatArray
    events: IntArray
    competing: IntArray
    at_risk: IntArray

    @classmethod
    def of(cls, cells: Iterable[CauseCount], cause: int) -> Self:
        """Add cells over arms and strata into one table, seen from ``cause``.

        Raises ValueError where ``cause`` is censoring.
        """
        if cause <= CENSORED:
            raise ValueError("censoring is not a cause")
        totals: dict[float, list[int]] = {}
        for cell in cells:
            if cell.subjects:
                total = totals.setdefault(cell.time, [0, 0, 0])
                total[_column(cell.cause, cause)] += cell.subjects
        times = sorted(totals)
        counts = np.array([totals[time] for time in times], dtype=np.int64).reshape(-1, 3)
        at_risk = counts.sum(axis=1)[::-1].cumsum()[::-1]
        days = np.array(times, dtype=np.float64)
        return cls(cause, days, counts[:, 0], counts[:, 1], at_risk)

    @property
    def n(self) -> int:
        """Number of subjects."""
        return int(self.at_risk[0]) if self.at_risk.size else 0

    def of_any_cause(self) -> LifeTable:
        """The life table of an event of whatever cause."""
        events = self.events + self.competing
        leaving = self.at_risk - np.append(self.at_risk[1:], 0)
        return LifeTable(self.times, events, leaving - events, self.at_risk)

    def of_cause(self) -> LifeTable:
        """The life table of this cause, the others as censoring: for cause-specific hazards."""
        leaving = self.at_risk - np.append(self.at_risk[1:], 0)
        return LifeTable(self.times, self.events, leaving - self.events, self.at_risk)


def _column(cause: int, looked_at: int) -> int:
    if cause == CENSORED:
        return 2
    return 0 if cause == looked_at else 1
