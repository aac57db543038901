"""Whether a difference of rates is the same in every stratum.

Source: Gart and Nam 1990, the score test of homogeneity: at the difference that fits all strata
best the squared deviation of each, over its constrained variance, adds up to a chi-square. The
variance has the factor N / (N - 1) of Miettinen and Nurminen, as the limits have.
"""

from collections.abc import Sequence

import numpy as np

from services.analytics.domain.rates.score_difference import (
    StratumWeights,
    constrained_rates,
    score_difference,
)
from services.analytics.domain.rates.table import Strata, TwoByTwo
from services.analytics.domain.score_test import ChiSquare

ONE_LEVEL = "fewer than two levels with subjects of both arms"


def difference_homogeneity(tables: Sequence[TwoByTwo]) -> ChiSquare:
    """Test over the tables that hold subjects of both arms, on as many degrees of freedom less
    one; every such set of tables has an answer."""
    strata = Strata.of(tables)
    if strata.count < 2:
        return ChiSquare(None, 0, ONE_LEVEL)
    common = score_difference(tables, 0.95, weights=StratumWeights.IV).effect.estimate.value
    if common is None:
        raise AssertionError("strata with subjects of both arms have a difference")
    p1, p2 = constrained_rates(strata, common)
    variance = p1 * (1.0 - p1) / strata.n1 + p2 * (1.0 - p2) / strata.n2
    variance *= strata.n / (strata.n - 1.0)
    away = (strata.x1 / strata.n1 - strata.x2 / strata.n2 - common) ** 2
    parts = np.divide(away, variance, out=np.zeros_like(away), where=variance > 0)
    return ChiSquare(float(parts.sum()), strata.count - 1)
