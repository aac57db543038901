"""Restricted mean survival times of two arms compared.

Sources: Royston and Parmar 2013 for the difference, Uno et al. 2014 for the ratios, as
in R's survRM2.
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

from services.analytics.domain.chi_square import normal_upper_tail
from services.analytics.domain.estimate import (
    Convention,
    Estimate,
    Statistic,
    normal_quantile,
)
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.restricted_mean import METHOD, RestrictedMean, restricted_mean

NO_MEAN = "a mean time of 0 has no ratio"
NO_TIME_LOST = "no time is lost in an arm"
NO_VARIANCE = "the means have no variance"
Pair: TypeAlias = tuple[tuple[float, float], tuple[float, float]]  # Two of value and error.


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
            for row in _rows(
                name, contrast, {"tau_days": tau, "limits": limits, "level": level}, unit
            )
        )

    def _pair(self, first: float | None, second: float | None) -> Pair | None:
        errors = self.arm.standard_error, self.reference.standard_error
        if first is None or second is None or errors[0] is None or errors[1] is None:
            return None
        return (first, errors[0]), (second, errors[1])

    def _none(self) -> Contrast:
        return Contrast(Estimate(None, reason=self.arm.reason or self.reference.reason), None)


def compare_restricted_means(
    arm: LifeTable, reference: LifeTable, tau: float
) -> RestrictedMeanComparison:
    """Both means up to the same ``tau`` (days). Raises ValueError as ``restricted_mean`` does."""
    return RestrictedMeanComparison(restricted_mean(arm, tau), restricted_mean(reference, tau))


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
