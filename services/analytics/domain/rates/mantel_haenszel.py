"""Cochran-Mantel-Haenszel test of strata and the common odds ratio.

Sources: Mantel and Haenszel 1959, without continuity correction; Robins, Breslow and
Greenland 1986 for the limits, as in R's mantelhaen.test.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.analytics.domain.estimate import Convention, Estimate, Statistic, normal_quantile
from services.analytics.domain.rates.table import NO_STRATUM, Strata, TwoByTwo
from services.analytics.domain.score_test import NO_VARIANCE, ChiSquare

INFINITE = "the common odds ratio has no finite value"
ZERO = "limits not estimable: the common odds ratio is 0"


@dataclass(frozen=True, slots=True)
class MantelHaenszel:
    """The test of no association, one degree of freedom, and the common odds ratio."""

    test: ChiSquare
    odds_ratio: Estimate
    level: float

    def statistics(self) -> tuple[Statistic, ...]:
        """Chi-square, its p, and the odds ratio."""
        convention: Convention = {"continuity": False, "sides": 2, "degrees_of_freedom": 1}
        limits: Convention = {"limits": "Robins-Breslow-Greenland", "level": self.level}
        method = "Cochran-Mantel-Haenszel test"
        chi_square = Estimate(self.test.statistic, reason=self.test.reason)
        p = Estimate(self.test.p, reason=self.test.reason)
        return (
            Statistic("cmh_chi_square", chi_square, method, convention, "1"),
            Statistic("cmh_p_two_sided", p, method, convention, "probability"),
            Statistic(
                "common_odds_ratio", self.odds_ratio, "Mantel-Haenszel odds ratio", limits, "1"
            ),
        )


def mantel_haenszel(tables: Sequence[TwoByTwo], level: float) -> MantelHaenszel:
    """Test the strata together. Raises ValueError for a level outside (0, 1)."""
    z = normal_quantile(level)
    strata = Strata.of(tables)
    if not strata.count:
        none = Estimate(None, reason=NO_STRATUM)
        return MantelHaenszel(ChiSquare(None, 0, NO_STRATUM), none, level)
    return MantelHaenszel(_test(strata), _odds_ratio(strata, z), level)


def _test(strata: Strata) -> ChiSquare:
    n, x = strata.n, strata.x
    excess = float((strata.x1 - strata.n1 * x / n).sum())
    variance = float((strata.n1 * strata.n2 * x * (n - x) / (n**2 * (n - 1.0))).sum())
    if not variance:
        return ChiSquare(None, 0, NO_VARIANCE)
    return ChiSquare(excess**2 / variance, 1)


def _odds_ratio(strata: Strata, z: float) -> Estimate:
    n = strata.n
    success1, success2 = strata.x1, strata.x2
    failure1, failure2 = strata.n1 - success1, strata.n2 - success2
    for_arm, against = success1 * failure2 / n, success2 * failure1 / n
    above, below = float(for_arm.sum()), float(against.sum())
    if not below:
        return Estimate(None, reason=INFINITE)
    if not above:
        return Estimate(0.0, reason=ZERO)
    agree, differ = (success1 + failure2) / n, (success2 + failure1) / n
    variance = float(agree @ for_arm) / (2.0 * above**2)
    variance += float(agree @ against + differ @ for_arm) / (2.0 * above * below)
    variance += float(differ @ against) / (2.0 * below**2)
    factor = math.exp(z * np.sqrt(variance))
    return Estimate(above / below, above / below / factor, above / below * factor)
