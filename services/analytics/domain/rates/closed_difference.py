"""Difference of two rates with limits in closed form.

Sources: Agresti and Caffo 2000; Hauck and Anderson 1986; Newcombe 1998 (Statistics in
Medicine 17:873) for the two that join the limits of the arms.
"""

import math
from enum import StrEnum

from services.analytics.domain.estimate import (
    NO_SUBJECTS,
    Convention,
    Estimate,
    Statistic,
    normal_quantile,
)
from services.analytics.domain.rates.single import ProportionLimits, proportion_limits
from services.analytics.domain.rates.table import TwoByTwo

NO_VARIANCE = "limits not estimable: the observed rates have no variance"
ONE_SUBJECT = "limits not estimable: an arm of one subject"


class DifferenceLimits(StrEnum):
    """How limits of a difference are made."""

    WALD = "Wald"
    AGRESTI_CAFFO = "Agresti-Caffo"
    HAUCK_ANDERSON = "Hauck-Anderson"
    NEWCOMBE = "Newcombe"
    NEWCOMBE_CC = "Newcombe, continuity corrected"


def rate_difference(table: TwoByTwo, level: float, limits: DifferenceLimits) -> Statistic:
    """Rate of the arm less that of the reference; limits are cut to [-1, 1].

    Raises ValueError for a level outside (0, 1).
    """
    z = normal_quantile(level)
    convention: Convention = {
        "direction": "arm - reference",
        "limits": limits.value,
        "level": level,
    }
    if not (table.n1 and table.n2):
        estimate = Estimate(None, reason=NO_SUBJECTS)
    elif limits in _JOINED:
        estimate = _joined(table, level, _JOINED[limits])
    else:
        estimate = _symmetric(table, z, limits)
    return Statistic("rate_difference", estimate, "difference of rates", convention, "probability")


_JOINED = {
    DifferenceLimits.NEWCOMBE: ProportionLimits.WILSON,
    DifferenceLimits.NEWCOMBE_CC: ProportionLimits.WILSON_CC,
}


def _joined(table: TwoByTwo, level: float, limits: ProportionLimits) -> Estimate:
    p1, p2 = table.x1 / table.n1, table.x2 / table.n2
    lower1, upper1 = proportion_limits(table.x1, table.n1, level, limits)
    lower2, upper2 = proportion_limits(table.x2, table.n2, level, limits)
    below = math.hypot(p1 - lower1, upper2 - p2)
    above = math.hypot(upper1 - p1, p2 - lower2)
    return _cut(p1 - p2, p1 - p2 - below, p1 - p2 + above)


def _symmetric(table: TwoByTwo, z: float, limits: DifferenceLimits) -> Estimate:
    added = 1 if limits is DifferenceLimits.AGRESTI_CAFFO else 0
    lost = 1 if limits is DifferenceLimits.HAUCK_ANDERSON else 0
    n1, n2 = table.n1 + 2 * added, table.n2 + 2 * added
    p1, p2 = (table.x1 + added) / n1, (table.x2 + added) / n2
    difference = table.x1 / table.n1 - table.x2 / table.n2
    if lost and min(n1, n2) == 1:
        return Estimate(difference, reason=ONE_SUBJECT)
    variance = p1 * (1 - p1) / (n1 - lost) + p2 * (1 - p2) / (n2 - lost)
    if not variance:
        return Estimate(difference, reason=NO_VARIANCE)
    half = z * math.sqrt(variance) + lost / (2 * min(n1, n2))
    return _cut(difference, p1 - p2 - half, p1 - p2 + half)


def _cut(value: float, lower: float, upper: float) -> Estimate:
    return Estimate(value, max(lower, -1.0), min(upper, 1.0))
