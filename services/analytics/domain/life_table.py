"""The life table of one group: events, censorings and numbers at risk by time."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from services.analytics.domain.observations import Count

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Before:
    """State of a group just before a time; the numbers sum to the group's size.

    Morris et al. 2019 (KMunicate): at risk are those with a time at or after the
    time shown, events and censorings are those strictly before it. ``competing`` are events that
    preclude the one looked at; None where there are none of that kind.
    """

    at_risk: int
    censored: int
    events: int
    competing: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LifeTable:
    """Arrays of one length, ascending in ``times`` (days), each time once.

    ``at_risk[i]`` counts the subjects with a time at or after ``times[i]``: who is
    censored on the day of an event is still at risk on it.
    """

    times: FloatArray
    events: IntArray
    censored: IntArray
    at_risk: IntArray

    @classmethod
    def of(cls, cells: "Iterable[Count]") -> Self:
        """Add cells over arms and strata into one table."""
        rows = [(cell.time, cell.events, cell.censored) for cell in cells]
        seen = np.array([time for time, _, _ in rows], dtype=np.float64)
        times, place = np.unique(seen, return_inverse=True)
        counts = np.zeros((times.size, 2), dtype=np.int64)
        np.add.at(counts, place, np.array([each[1:] for each in rows], np.int64).reshape(-1, 2))
        events, censored = counts[:, 0].copy(), counts[:, 1].copy()
        at_risk = (events + censored)[::-1].cumsum()[::-1]
        return cls(times, events, censored, at_risk)

    @property
    def n(self) -> int:
        """Number of subjects."""
        return int(self.at_risk[0]) if self.at_risk.size else 0

    @property
    def n_events(self) -> int:
        """Number of events."""
        return int(self.events.sum())

    def at_risk_at(self, times: FloatArray) -> IntArray:
        """Number of subjects at risk at each of ``times``, observed here or not."""
        padded = np.append(self.at_risk, 0)
        return padded[np.searchsorted(self.times, times, side="left")]

    def events_at(self, times: FloatArray) -> IntArray:
        """Number of events at exactly each of ``times``."""
        if not self.times.size:
            return np.zeros(times.shape, dtype=np.int64)
        index = np.searchsorted(self.times, times, side="left")
        inside = np.minimum(index, self.times.size - 1)
        return np.where(self.times[inside] == times, self.events[inside], 0)

    def before(self, time: float) -> Before:
        """The at-risk, censored and event numbers shown under a figure at ``time``."""
        index = int(np.searchsorted(self.times, time, side="left"))
        events = int(self.events[:index].sum())
        censored = int(self.censored[:index].sum())
        return Before(self.n - events - censored, censored, events)
