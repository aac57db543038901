"""Restricted mean survival time: the area under a Kaplan-Meier curve up to a time tau.

Sources: Irwin 1949; Karrison 1987 for the variance; Royston and Parmar 2013 for
differences and Uno et al. 2014 for ratios, as in R's survRM2. Tau is always given:
programs choose different ones for themselves.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from services.analytics.domain.chi_square import normal_upper_tail
from services.analytics.domain.estimate import (
    NO_SUBJECTS,
    Convention,
    Estimate,
    Statistic,
    normal_quantile,
)
from services.analytics.domain.kaplan_meier import kaplan_meier
from services.analytics.domain.life_table import LifeTable

METHOD = "restricted mean survival time"
TAU_PAST_LAST = "tau is past the last observed time and somebody survives it"
NO_MEAN = "a mean time of 0 has no ratio"
NO_TIME_LOST = "no time is lost in an arm"
NO_VARIANCE = "no event by tau: the means have no variance"
Pair: TypeAlias = tuple[tuple[float, float], tuple[float, float]]  # Two of value and error.
AREA_LEVEL = 0.95  # S(t) itself does not depend on the level.


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """Mean time (days) up to ``tau`` (days) with its standard error, or why there is none.

    ``time_lost`` is tau less the mean, summed for itself: a difference of the two would
    leave rounding where nothing is lost. The standard error is that of both.
    """

    tau: float
    value: float | None
    time_lost: float | None = None
    standard_error: float | None = None
    reason: str | None = None

    def estimate(self, level: float) -> Estimate:
        """The mean with normal limits. Raises ValueError for a level outside (0, 1)."""
        return self._limited(self.value, level)

    def lost(self, level: float) -> Estimate:
        """Mean time lost, tau less the mean. Raises ValueError for a level outside (0, 1)."""
        return self._limited(self.time_lost, level)

    def statistics(self, level: float) -> tuple[Statistic, ...]:
        """The mean and the mean time lost."""
        convention = _convention(self.tau, "normal", level)
        return (
            Statistic("rmst", self.estimate(level), METHOD, convention, "days"),
            Statistic("rmtl", self.lost(level), METHOD, convention, "days"),
        )

    def _limited(self, centre: float | None, level: float) -> Estimate:
        z = normal_quantile(level)
        if centre is None or self.standard_error is None:
            return Estimate(None, reason=self.reason)
        half = z * self.standard_error
        return Estimate(centre, centre - half, centre + half)


@dataclass(frozen=True, slots=True)
class Contrast:
    """A comparison of two means, with the two-sided p of no difference on its own scale."""

    estimate: Estimate
    p_two_sided: float | None


@dataclass(frozen=True, slots=True)
class RestrictedMeanComparison:
    """Two independent arms up to one tau: ``arm`` against ``reference``."""

    arm: RestrictedMean
    reference: RestrictedMean

    def difference(self, level: float) -> Contrast:
        """Mean of the arm less that of the reference (days); errors add in quadrature."""
        pair = self._pair(self.arm.value, self.reference.value)
        if pair is None:
            return self._none()
        (mean, error), (other, other_error) = pair
        return _contrast(mean - other, math.hypot(error, other_error), level, logarithmic=False)

    def ratio(self, level: float) -> Contrast:
        """Mean of the arm over that of the reference; limits on the log scale."""
        pair = self._pair(self.arm.value, self.reference.value)
        return self._none() if pair is None else _ratio(pair, level, NO_MEAN)

    def lost_ratio(self, level: float) -> Contrast:
        """Mean time lost of the arm over that of the reference; limits on the log scale."""
        pair = self._pair(self.arm.time_lost, self.reference.time_lost)
        return self._none() if pair is None else _ratio(pair, level, NO_TIME_LOST)

    def statistics(self, level: float) -> tuple[Statistic, ...]:
        """Difference, ratio and ratio of time lost, each followed by its p."""
        tau = self.arm.tau
        parts = (
            ("rmst_difference", self.difference(level), "normal", "days"),
            ("rmst_ratio", self.ratio(level), "normal on the log scale", "1"),
            ("rmtl_ratio", self.lost_ratio(level), "normal on the log scale", "1"),
        )
        return tuple(
            row
            for name, contrast, limits, unit in parts
            for row in _rows(name, contrast, _convention(tau, limits, level), unit)
        )

    def _pair(self, first: float | None, second: float | None) -> Pair | None:
        errors = self.arm.standard_error, self.reference.standard_error
        if first is None or second is None or errors[0] is None or errors[1] is None:
            return None
        return (first, errors[0]), (second, errors[1])

    def _none(self) -> Contrast:
        return Contrast(Estimate(None, reason=self.arm.reason or self.reference.reason), None)


def restricted_mean(table: LifeTable, tau: float) -> RestrictedMean:
    """Area under S from 0 to ``tau`` (days), which lies above 0.

    Not estimable past the last observed time unless S is 0 there. Raises ValueError
    for a tau that is not positive and finite.
    """
    if not (math.isfinite(tau) and tau > 0):
        raise ValueError(f"tau must be positive and finite, not {tau}")
    if not table.n:
        return RestrictedMean(tau, None, reason=NO_SUBJECTS)
    curve = kaplan_meier(table, AREA_LEVEL)
    if tau > table.times[-1] and curve.survival[-1] > 0:
        return RestrictedMean(tau, None, reason=TAU_PAST_LAST)
    inside = table.times <= tau
    ends = np.concatenate([[0.0], table.times[inside], [tau]])
    heights = np.concatenate([[1.0], curve.survival[inside]])
    areas = heights * np.diff(ends)
    after = areas[1:][::-1].cumsum()[::-1]
    d, r = table.events[inside].astype(np.float64), table.at_risk[inside].astype(np.float64)
    # Where all at risk have the event no area is left after it, and the term is 0.
    survivors = r > d
    terms = np.zeros(d.shape)
    terms[survivors] = (after**2 * d)[survivors] / (r * (r - d))[survivors]
    lost = ((1.0 - heights) * np.diff(ends)).sum()
    return RestrictedMean(tau, float(areas.sum()), float(lost), math.sqrt(float(terms.sum())))


def compare_restricted_means(
    arm: LifeTable, reference: LifeTable, tau: float
) -> RestrictedMeanComparison:
    """Both means up to the same ``tau`` (days). Raises ValueError as ``restricted_mean`` does."""
    return RestrictedMeanComparison(restricted_mean(arm, tau), restricted_mean(reference, tau))


def longest_tau(tables: Sequence[LifeTable]) -> float | None:
    """The largest tau (days) that every table allows; None where none of them sets an end.

    A table sets its last observed time, unless its survival is 0 there.
    """
    ends = [
        float(table.times[-1])
        for table in tables
        if table.n and not (table.at_risk == table.events).any()
    ]
    return min(ends, default=None)


def _ratio(pair: Pair, level: float, at_zero: str) -> Contrast:
    (first, error), (second, other_error) = pair
    if not (first > 0 and second > 0):
        return Contrast(Estimate(None, reason=at_zero), None)
    on_log_scale = math.hypot(error / first, other_error / second)
    return _contrast(math.log(first / second), on_log_scale, level, logarithmic=True)


def _contrast(effect: float, error: float, level: float, *, logarithmic: bool) -> Contrast:
    half = normal_quantile(level) * error
    ends = (effect, effect - half, effect + half)
    value, lower, upper = map(math.exp, ends) if logarithmic else ends
    p = 2.0 * normal_upper_tail(abs(effect) / error) if error > 0 else None
    return Contrast(Estimate(value, lower, upper), p)


def _rows(
    name: str, contrast: Contrast, convention: Convention, unit: str
) -> tuple[Statistic, Statistic]:
    reason = None if contrast.p_two_sided is not None else contrast.estimate.reason or NO_VARIANCE
    p = Estimate(contrast.p_two_sided, reason=reason)
    return (
        Statistic(name, contrast.estimate, METHOD, convention, unit),
        Statistic(f"{name}_p_two_sided", p, METHOD, {**convention, "sides": 2}, "probability"),
    )


def _convention(tau: float, limits: str, level: float) -> Convention:
    return {"tau_days": tau, "limits": limits, "level": level}
