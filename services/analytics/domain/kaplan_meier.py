"""Kaplan-Meier curve with log-log limits, its values at given times, its quantiles.

Sources: Kaplan and Meier 1958; Greenwood 1926 for the variance; Kalbfleisch and
Prentice 1980 for the log-log limits; Brookmeyer and Crowley 1982 for the limits of
a quantile. The rule at a plateau and the tolerance of 1.5e-8 are those of
``quantile.survfit`` in R's survival package.
"""

import math
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Self

import numpy as np

from services.analytics.domain.life_table import FloatArray, LifeTable

LEVEL_TOLERANCE = 1.5e-8

NO_SUBJECTS = "no subjects in this group"
PAST_LAST = "past the last observed time"
LIMITS_AT_ONE = "limits not estimable: no event yet"
LIMITS_AT_ZERO = "limits not estimable: survival is 0"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its limits; None where not estimable, and then ``reason`` says why."""

    value: float | None
    lower: float | None = None
    upper: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Quantile:
    """When a curve first falls to a level; ``plateau`` says that it rests there for a while."""

    time: float | None
    plateau: bool


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """S(t) just after each observed time of one group, with pointwise log-log limits.

    All arrays have the length of ``table.times``. ``greenwood`` is the sum of
    d / (r (r - d)), infinite once S is 0. Limits are NaN where not estimable (S = 1
    and S = 0): these arrays are for arithmetic, results leave through ``at``.
    """

    table: LifeTable
    level: float
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
        if not self.interior[index]:
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


def kaplan_meier(table: LifeTable, level: float) -> Curve:
    """Estimate S(t) = prod(1 - d / r) with log-log limits at confidence ``level``."""
    d = table.events.astype(np.float64)
    r = table.at_risk.astype(np.float64)
    survival = np.cumprod(1.0 - d / r, dtype=np.float64)
    z = NormalDist().inv_cdf((1.0 + level) / 2.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(d / (r * (r - d)))
        log_survival = np.log(survival)
        centre = np.log(-log_survival)
        half_width = np.sqrt(greenwood) / np.abs(log_survival) * z
        lower = np.exp(-np.exp(centre + half_width))
        upper = np.exp(-np.exp(centre - half_width))
    curve = Curve(table, level, survival, greenwood, lower, upper)
    nowhere = np.full(survival.shape, np.nan)
    inside = curve.interior
    return replace(
        curve, lower=np.where(inside, lower, nowhere), upper=np.where(inside, upper, nowhere)
    )


def quantile(table: LifeTable, curve: FloatArray, p: float) -> Quantile:
    """First time at which ``curve`` is at or below 1 - p.

    Where the curve rests at that level the quantile is the midpoint of the first
    time and the next fall, or the last observed time if none comes. Points that
    are not estimable (NaN) are skipped.
    """
    target = 1.0 - p
    known = ~np.isnan(curve)
    times, values = table.times[known], curve[known]
    reached = np.flatnonzero(values <= target + LEVEL_TOLERANCE)
    if not reached.size:
        return Quantile(None, plateau=False)
    first = int(reached[0])
    time = float(times[first])
    if abs(values[first] - target) >= LEVEL_TOLERANCE:
        return Quantile(time, plateau=False)
    falls = np.flatnonzero(values[first:] < values[first])
    end = float(times[first + falls[0]]) if falls.size else float(table.times[-1])
    return Quantile((time + end) / 2.0, plateau=True)
