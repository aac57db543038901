"""Survival of two arms compared at one time.

Source: Klein et al. 2007, the naive test: the difference of two Kaplan-Meier estimates, whose
Greenwood variances add. It asks about one day only, not about the curves up to it.
"""

import math
from dataclasses import dataclass

from services.analytics.domain.chi_square import normal_upper_tail
from services.analytics.domain.estimate import Convention, Estimate, Statistic, normal_quantile
from services.analytics.domain.kaplan_meier import Curve

METHOD = "difference of Kaplan-Meier estimates"
NO_VARIANCE = "neither arm has had an event by then"
DIFFERENCE = "survival_difference"


@dataclass(frozen=True, slots=True)
class MilestoneDifference:
    """Survival of an arm less that of the reference, and the two-sided p of no difference."""

    difference: Estimate
    p_two_sided: Estimate
    level: float

    def statistics(self) -> tuple[Statistic, Statistic]:
        """The difference, then its p."""
        said: Convention = {"limits": "plain", "level": self.level, "km_past_last": "NE"}
        return (
            Statistic(DIFFERENCE, self.difference, METHOD, said, "probability"),
            Statistic(
                f"{DIFFERENCE}_p_two_sided",
                self.p_two_sided,
                METHOD,
                {**said, "sides": 2},
                "probability",
            ),
        )


def milestone_difference(arm: Curve, reference: Curve, time: float) -> MilestoneDifference:
    """The difference at ``time`` (days), limits cut to -1 and 1 at the level of the curves.

    Not estimable where either survival has no standard error; without an event in either arm the
    difference is 0, and has neither limits nor p.
    """
    points = (arm.at(time), reference.at(time))
    errors = (arm.standard_error_at(time), reference.standard_error_at(time))
    reason = next((each.reason for each in (*points, *errors) if each.value is None), None)
    first, second = (each.value for each in points)
    error, other = (each.value for each in errors)
    if first is None or second is None or error is None or other is None:
        missing = Estimate(None, reason=reason)
        return MilestoneDifference(missing, missing, arm.level)
    value, spread = first - second, math.hypot(error, other)
    if not spread:
        missing = Estimate(None, reason=NO_VARIANCE)
        return MilestoneDifference(Estimate(value, reason=NO_VARIANCE), missing, arm.level)
    half = normal_quantile(arm.level) * spread
    limits = Estimate(value, max(value - half, -1.0), min(value + half, 1.0))
    p = Estimate(2.0 * normal_upper_tail(abs(value) / spread))
    return MilestoneDifference(limits, p, arm.level)
