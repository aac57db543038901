"""Ratio of two rates with limits on the log scale. Source: Katz et al. 1978."""

import math

from services.analytics.domain.estimate import (
    NO_SUBJECTS,
    Convention,
    Estimate,
    Statistic,
    normal_quantile,
)
from services.analytics.domain.rates.table import NO_SUCCESS_IN_REFERENCE, TwoByTwo

NO_SUCCESS = "limits not estimable: no success in the arm"


def log_ratio(table: TwoByTwo, level: float) -> Statistic:
    """Rate of the arm over that of the reference. Raises ValueError for a level outside (0, 1)."""
    convention: Convention = {
        "direction": "arm / reference",
        "limits": "Katz, log scale",
        "level": level,
    }
    estimate = _estimate(table, normal_quantile(level))
    return Statistic("rate_ratio", estimate, "ratio of rates", convention, "1")


def _estimate(table: TwoByTwo, z: float) -> Estimate:
    if not (table.n1 and table.n2):
        return Estimate(None, reason=NO_SUBJECTS)
    if not table.x2:
        return Estimate(None, reason=NO_SUCCESS_IN_REFERENCE)
    if not table.x1:
        return Estimate(0.0, reason=NO_SUCCESS)
    ratio = table.x1 * table.n2 / (table.x2 * table.n1)
    variance = 1 / table.x1 - 1 / table.n1 + 1 / table.x2 - 1 / table.n2
    factor = math.exp(z * math.sqrt(variance))
    return Estimate(ratio, ratio / factor, ratio * factor)
