"""One proportion with limits.

Sources: Clopper and Pearson 1934; Lancaster 1961 for mid-p; Wilson 1927, with the
continuity correction of Newcombe 1998 (Statistics in Medicine 17:857).
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
from services.analytics.domain.rates.tails import tail_limits


class ProportionLimits(StrEnum):
    """How limits of one proportion are made."""

    CLOPPER_PEARSON = "Clopper-Pearson"
    MID_P = "mid-p"
    WILSON = "Wilson"
    WILSON_CC = "Wilson, continuity corrected"


def proportion(x: int, n: int, level: float, limits: ProportionLimits) -> Statistic:
    """``x`` successes of ``n`` subjects, as a probability with limits.

    Raises ValueError unless 0 <= x <= n and 0 < level < 1.
    """
    if not 0 <= x <= n:
        raise ValueError("successes must lie between 0 and the number of subjects")
    normal_quantile(level)
    estimate = Estimate(None, reason=NO_SUBJECTS)
    if n:
        estimate = Estimate(x / n, *proportion_limits(x, n, level, limits))
    convention: Convention = {"limits": limits.value, "level": level}
    return Statistic("proportion", estimate, "proportion", convention, "probability")


def proportion_limits(
    x: int, n: int, level: float, limits: ProportionLimits
) -> tuple[float, float]:
    """Lower and upper limit for n >= 1 subjects."""
    match limits:
        case ProportionLimits.CLOPPER_PEARSON:
            return tail_limits(x, n, level, 1.0)
        case ProportionLimits.MID_P:
            return tail_limits(x, n, level, 0.5)
        case ProportionLimits.WILSON:
            return _wilson(x, n, level), 1.0 - _wilson(n - x, n, level)
        case ProportionLimits.WILSON_CC:
            return _corrected(x, n, level), 1.0 - _corrected(n - x, n, level)


def _wilson(x: int, n: int, level: float) -> float:
    z = normal_quantile(level)
    if not x:
        return 0.0
    root = z * math.sqrt(z * z + 4.0 * x * (n - x) / n)
    return (2.0 * x + z * z - root) / (2.0 * (n + z * z))


def _corrected(x: int, n: int, level: float) -> float:
    z = normal_quantile(level)
    if not x:
        return 0.0
    p = x / n
    root = z * math.sqrt(z * z - 2.0 - 1.0 / n + 4.0 * p * (n - x + 1.0))
    return max(0.0, (2.0 * x + z * z - 1.0 - root) / (2.0 * (n + z * z)))
