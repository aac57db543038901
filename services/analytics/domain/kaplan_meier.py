"""Kaplan-Meier curve with pointwise limits, its values at given times, its quantiles.

Sources: Kaplan and Meier 1958; Greenwood 1926 for the variance; Brookmeyer and
Crowley 1982 for the limits of a quantile. The rule at a plateau and the tolerance of
1.5e-8 are those of ``quantile.survfit`` in R's survival package.
"""

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from services.analytics.domain.curve_limits import DEFINED_AT_ONE, pointwise_limits
from services.analytics.domain.estimate import NO_SUBJECTS, Estimate
from services.analytics.domain.life_table import FloatArray, LifeTable
from services.analytics.domain.specification import ConfidenceType

LEVEL_TOLERANCE = 1.5e-8

PAST_LAST = "past the last observed time"
LIMITS_AT_ONE = "limits not estimable: no event yet"
LIMITS_AT_ZERO = "limits not estimable: survival is 0"


@dataclass(frozen=True, slots=True)
class Quantile:
    """When a curve first falls to a level; ``plateau`` says that it rests there for a while."""

    time: float | None
    plateau: bool


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """S(t) just after each observed time of one group, with pointwise limits.

    All arrays have the length of ``table.times``. ``greenwood`` is the sum of
    d / (r (r - d)), infinite once S is 0. Limits are NaN where not estimable (S = 0,
    and S = 1 under log-log and logit): these arrays are for arithmetic, results leave
    through ``at``.
    """

    table: LifeTable
    level: float
    conf_type: ConfidenceType
    survival: FloatArray
    greenwood: FloatArray
    lower: FloatArray
    upper: FloatArray

    @property
    def interior(self) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        """Where 0 < S < 1, decided on the counts and not on rounded products."""
        reached_zero = self.table.at_risk == self.table.events
        return (self.table.events.cumsum() > 0) & ~np.logical_or.accumulate(reached_zero)

    def index_at(self, time: float) -> int | None:
        """Index of the last observed time not after ``time``; None before the first."""
        index = int(np.searchsorted(self.table.times, time, side="right")) - 1
        return index if index >= 0 else None

    def at(self, time: float) -> Estimate:
        """S at ``time`` (days) with its limits.

        Before the first observed time S and both limits are 1. Past the last one S
        is not estimable unless it is 0 already.
        """
        if not self.table.n:
            return Estimate(None, reason=NO_SUBJECTS)
        index = self.index_at(time)
        if index is None:
            return Estimate(1.0, 1.0, 1.0)
        survival = float(self.survival[index])
        if time > self.table.times[-1] and survival > 0:
            return Estimate(None, reason=PAST_LAST)
        if np.isnan(self.lower[index]):
            return Estimate(survival, reason=LIMITS_AT_ONE if survival else LIMITS_AT_ZERO)
        return Estimate(survival, float(self.lower[index]), float(self.upper[index]))

    def standard_error_at(self, time: float) -> Estimate:
        """Greenwood's standard error of S at ``time`` (days)."""
        point = self.at(time)
        if point.value is None:
            return point
        if point.value == 0:
            return Estimate(None, reason="standard error not estimable: survival is 0")
        index = self.index_at(time)
        variance = 0.0 if index is None else float(self.greenwood[index])
        return Estimate(point.value * math.sqrt(variance))

    def quantiles(self, p: float) -> tuple[Quantile, Quantile, Quantile]:
        """Time by which a share ``p`` has failed: of the curve, its lower and its upper limit."""
        return tuple(  # type: ignore[return-value]
            quantile(self.table, curve, p) for curve in (self.survival, self.lower, self.upper)
        )

    def with_interior(self, survival: FloatArray, lower: FloatArray, upper: FloatArray) -> Self:
        """The same curve with other computed values wherever 0 < S < 1."""
        inside = self.interior
        return replace(
            self,
            survival=np.where(inside, survival, self.survival),
            lower=np.where(inside, lower, self.lower),
            upper=np.where(inside, upper, self.upper),
        )


def kaplan_meier(
    table: LifeTable, level: float, conf_type: ConfidenceType = ConfidenceType.LOG_LOG
) -> Curve:
    """Estimate S(t) = prod(1 - d / r) with limits of type ``conf_type`` at confidence ``level``.

    Raises ValueError for a level outside (0, 1).
    """
    d = table.events.astype(np.float64)
    r = table.at_risk.astype(np.float64)
    survival = np.cumprod(1.0 - d / r, dtype=np.float64)
    with np.errstate(divide="ignore"):
        greenwood = np.cumsum(d / (r * (r - d)))
    lower, upper = pointwise_limits(survival, greenwood, level, conf_type)
    at_one = 1.0 if conf_type in DEFINED_AT_ONE else np.nan
    outside = np.where(table.events.cumsum() > 0, np.nan, at_one)
    curve = Curve(table, level, conf_type, survival, greenwood, outside, outside)
    return curve.with_interior(survival, lower, upper)


def quantile(table: LifeTable, curve: FloatArray, p: float) -> Quantile:
    """First time at which ``curve`` is at or below 1 - p.

    A limit curve may rise again, late and with few at risk: of the points at or below 1 - p then
    the one nearest to it counts, as in R. Where the curve rests at that level the quantile is the
    midpoint of the first time and the next fall, or the last observed time if none comes. Points
    that are not estimable (NaN) are skipped.
    """
    target = 1.0 - p
    known = ~np.isnan(curve)
    times, values = table.times[known], curve[known]
    reached = np.flatnonzero(values <= target + LEVEL_TOLERANCE)
    if not reached.size:
        return Quantile(None, plateau=False)
    first = int(reached[np.argmax(values[reached])])
    time = float(times[first])
    if abs(values[first] - target) >= LEVEL_TOLERANCE:
        return Quantile(time, plateau=False)
    falls = np.flatnonzero(values[first:] < values[first])
    end = float(times[first + falls[0]]) if falls.size else float(table.times[-1])
    return Quantile((time + end) / 2.0, plateau=True)
