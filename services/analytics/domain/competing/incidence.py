"""Cumulative incidence of one cause among competing ones.

Sources: Aalen and Johansen 1978 for the estimate; Aalen 1978, in the form for tied
events of Gray's cmprsk, for the variance; Choudhury 2002 for the log-log limits.
R's survfit reports another variance (up to some per cent away), so it is named.
"""

import math
from dataclasses import dataclass

import numpy as np

from services.analytics.domain.competing.table import CompetingTable
from services.analytics.domain.estimate import (
    NO_SUBJECTS,
    Convention,
    Estimate,
    Statistic,
    normal_quantile,
)
from services.analytics.domain.kaplan_meier import PAST_LAST
from services.analytics.domain.life_table import FloatArray

NO_EVENT_YET = "limits not estimable: no event of this cause yet"
ALL_BY_THIS_CAUSE = "limits not estimable: the incidence is 1"
NO_VARIANCE = "limits not estimable: the incidence has no variance"


@dataclass(frozen=True, slots=True, eq=False)
class CumulativeIncidence:
    """F(t) just after each time of ``table``, and S(t) of an event of any cause.

    Both arrays have the length of ``table.times``.
    """

    table: CompetingTable
    level: float
    incidence: FloatArray
    survival: FloatArray

    def at(self, time: float) -> Estimate:
        """F at ``time`` (days) with log-log limits.

        Not estimable past the last observed time while somebody has had no event.
        """
        z = normal_quantile(self.level)
        index = self._index(time)
        if isinstance(index, str):
            return Estimate(None, reason=index)
        value = 0.0 if index is None else float(self.incidence[index])
        if index is None or value == 0:
            return Estimate(0.0, reason=NO_EVENT_YET)
        # Known from the counts: the sum itself may miss 1 by rounding.
        if self.survival[index] == 0 and not self.table.competing[: index + 1].any():
            return Estimate(1.0, reason=ALL_BY_THIS_CAUSE)
        error = math.sqrt(self._variance(index))
        log_value = math.log(value)
        if not (error > 0 and log_value < 0):
            return Estimate(value, reason=NO_VARIANCE)
        half = z * error / (value * log_value)
        lower, upper = sorted(value ** math.exp(end) for end in (-half, half))
        return Estimate(value, lower, upper)

    def standard_error_at(self, time: float) -> Estimate:
        """Aalen's standard error of F at ``time`` (days); 0 before the first event."""
        index = self._index(time)
        if isinstance(index, str):
            return Estimate(None, reason=index)
        return Estimate(0.0 if index is None else math.sqrt(self._variance(index)))

    def statistics(self, time: float) -> tuple[Statistic, ...]:
        """F and its error at ``time`` (days)."""
        method = "cumulative incidence, Aalen-Johansen"
        convention: Convention = {
            "cause": self.table.cause,
            "time_days": time,
            "cif_variance": "aalen",
        }
        with_limits: Convention = {**convention, "limits": "log-log", "level": self.level}
        error = self.standard_error_at(time)
        return (
            Statistic("incidence", self.at(time), method, with_limits, "probability"),
            Statistic("incidence_standard_error", error, method, convention, "probability"),
        )

    def _index(self, time: float) -> int | str | None:
        if not self.table.n:
            return NO_SUBJECTS
        index = int(np.searchsorted(self.table.times, time, side="right")) - 1
        if time > self.table.times[-1] and self.survival[-1] > 0:
            return PAST_LAST
        return index if index >= 0 else None

    def _variance(self, index: int) -> float:
        until = slice(index + 1)
        events = self.table.events[until].astype(np.float64)
        competing = self.table.competing[until].astype(np.float64)
        at_risk = self.table.at_risk[until].astype(np.float64)
        after = self.survival[until]
        before = np.append(1.0, after[:-1])
        left = after > 0
        share = np.zeros(after.shape)
        share[left] = (self.incidence[until] - self.incidence[index])[left] / after[left]
        of_cause = shrunk(events, at_risk) * (1.0 + share) ** 2
        of_others = shrunk(competing, at_risk) * share**2
        terms = (before / at_risk) ** 2 * (of_cause + np.where(left, of_others, 0.0))
        return max(float(terms.sum()), 0.0)


def cumulative_incidence(table: CompetingTable, level: float) -> CumulativeIncidence:
    """Estimate F(t) = sum of S(u-) d / r over times u up to t.

    Raises ValueError for a level outside (0, 1).
    """
    normal_quantile(level)
    at_risk = table.at_risk.astype(np.float64)
    survival = np.cumprod(1.0 - (table.events + table.competing) / at_risk, dtype=np.float64)
    before = np.append(1.0, survival[:-1])[: survival.size]
    incidence = np.cumsum(before * table.events / at_risk)
    return CumulativeIncidence(table, level, incidence, survival)


def shrunk(events: FloatArray, at_risk: FloatArray) -> FloatArray:
    """Events d less what ties take from their variance: d (1 - (d - 1) / (r - 1))."""
    several = events > 1
    factor = np.ones(events.shape)
    factor[several] -= (events[several] - 1.0) / (at_risk[several] - 1.0)
    return events * factor
