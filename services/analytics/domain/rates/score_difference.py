"""Difference of two rates by score methods, plain and stratified.

Sources: Miettinen and Nurminen 1985; Mee 1984, without their factor N / (N - 1);
Farrington and Manning 1990 for the constrained rates; Laud 2017 for the correction of
skewness (SCAS). A table without any variance counts as z = 0, so that every table has
limits.
"""

import math
from collections.abc import Sequence
from enum import StrEnum

import numpy as np

from services.analytics.domain.crossing import crossing
from services.analytics.domain.estimate import Convention, Estimate, Statistic, normal_quantile
from services.analytics.domain.life_table import FloatArray
from services.analytics.domain.rates.score import (
    ScoreEffect,
    difference_limits,
    standardized,
)
from services.analytics.domain.rates.table import NO_STRATUM, Strata, TwoByTwo

REPEATS = 200
SETTLED = 1e-13


class ScoreMethod(StrEnum):
    """Which score statistic of a difference."""

    MIETTINEN_NURMINEN = "Miettinen-Nurminen"
    MEE = "Mee"
    SCAS = "SCAS"


class StratumWeights(StrEnum):
    """How strata are weighed.

    Mantel-Haenszel; Miettinen and Nurminen's, iterated; by the inverse score variance.
    """

    MH = "mh"
    MN = "mn"
    IV = "iv"


def score_difference(
    tables: Sequence[TwoByTwo],
    level: float,
    method: ScoreMethod = ScoreMethod.MIETTINEN_NURMINEN,
    weights: StratumWeights = StratumWeights.MH,
    tested: float = 0.0,
) -> ScoreEffect:
    """Rate of the arm less that of the reference, over all strata; plain is one stratum.

    ``tested`` is the difference of the test, for example a margin. Raises ValueError for
    a level outside (0, 1) or a tested difference outside (-1, 1).
    """
    normal_quantile(level)
    if not -1 < tested < 1:
        raise ValueError("a tested difference of rates lies between -1 and 1")
    strata = Strata.of(tables)
    convention: Convention = {
        "direction": "arm - reference",
        "level": level,
        "weights": weights.value if strata.count > 1 else None,
        "n_minus_1": method is not ScoreMethod.MEE,
        "skewness_corrected": method is ScoreMethod.SCAS,
        "strata": strata.count,
    }
    estimate, z = Estimate(None, reason=NO_STRATUM), None
    if strata.count:
        score = _Difference(strata, method, weights)
        swapped = _Difference(strata.swapped(), method, weights)
        value = score.in_closed_form()
        if value is None:
            # The correction of skewness may cross 0 more than once: both ways must agree.
            value = (crossing(score, -1.0, 1.0) - crossing(swapped, -1.0, 1.0)) / 2.0
        estimate = Estimate(value, *difference_limits(score, swapped, level))
        z = score(tested)
    name = f"{method.value} difference"
    effect = Statistic("rate_difference", estimate, name, convention, "probability")
    return ScoreEffect(effect, tested, z)


class _Difference:
    """The score statistic of strata as a function of the difference."""

    def __init__(self, strata: Strata, method: ScoreMethod, weights: StratumWeights) -> None:
        self._strata, self._method, self._weights = strata, method, weights
        self._observed = strata.x1 / strata.n1 - strata.x2 / strata.n2

    def in_closed_form(self) -> float | None:
        """Where the statistic is 0, if the weights do not depend on the difference."""
        corrected = self._method is ScoreMethod.SCAS
        if corrected or (self._strata.count > 1 and self._weights is not StratumWeights.MH):
            return None
        weights = 1.0 / (1.0 / self._strata.n1 + 1.0 / self._strata.n2)
        return float(weights @ self._observed / weights.sum())

    def __call__(self, difference: float) -> float:
        strata, excess = self._strata, self._observed - difference
        p1, p2 = constrained_rates(strata, difference)
        spread1, spread2 = p1 * (1.0 - p1) / strata.n1, p2 * (1.0 - p2) / strata.n2
        factor = 1.0 if self._method is ScoreMethod.MEE else strata.n / (strata.n - 1.0)
        variance = (spread1 + spread2) * factor
        if self._weights is StratumWeights.IV:
            certain = variance <= 0
            if excess[certain].any():
                return math.copysign(math.inf, float(excess[certain].sum()))
            weights = np.divide(1.0, variance, out=np.zeros_like(variance), where=~certain)
            weights /= weights.sum() or 1.0
        else:
            weights = 1.0 / (1.0 / strata.n1 + 1.0 / strata.n2)
            if self._weights is StratumWeights.MN:
                weights = iterated_weights(strata, p1, p2, weights)
        total = float(weights**2 @ variance)
        z = standardized(float(weights @ excess), total)
        if self._method is not ScoreMethod.SCAS or not math.isfinite(z) or total <= 0:
            return z
        third = spread1 * (1.0 - 2.0 * p1) / strata.n1 - spread2 * (1.0 - 2.0 * p2) / strata.n2
        return unskewed(z, float(weights**3 @ third) / (6.0 * total**1.5))


def constrained_rates(strata: Strata, difference: float) -> tuple[FloatArray, FloatArray]:
    """The likeliest rates of arm and reference, shape (strata,), that differ by ``difference``."""
    x2, n1, n2, n, x = strata.x2, strata.n1, strata.n2, strata.n, strata.x
    cubic = n
    square = (n1 + 2.0 * n2) * difference - n - x
    linear = (n2 * difference - n - 2.0 * x2) * difference + x
    constant = x2 * difference * (1.0 - difference)
    q = square**3 / (27.0 * cubic**3) - square * linear / (6.0 * cubic**2)
    q += constant / (2.0 * cubic)
    radius = np.sqrt(np.maximum(square**2 / (9.0 * cubic**2) - linear / (3.0 * cubic), 0.0))
    p = np.where(q < 0, -radius, radius)
    angle = np.divide(q, p**3, out=np.zeros_like(q), where=p != 0)
    turned = (np.pi + np.arccos(np.clip(angle, -1.0, 1.0))) / 3.0
    # A root at the edge is known to half the digits only: both rates are held within 0 and 1
    # together, so that they keep their distance.
    root = 2.0 * p * np.cos(turned) - square / (3.0 * cubic)
    p2 = np.clip(root, max(0.0, -difference), min(1.0, 1.0 - difference))
    return np.clip(p2 + difference, 0.0, 1.0), p2


def iterated_weights(
    strata: Strata, p1: FloatArray, p2: FloatArray, start: FloatArray
) -> FloatArray:
    """Weights inverse to the variance that the weighted rates themselves have, repeated to rest."""
    weights: FloatArray = start / start.sum()
    for _ in range(REPEATS):
        rate1, rate2 = float(weights @ p1), float(weights @ p2)
        spread = rate1 * (1.0 - rate1) / strata.n1 + rate2 * (1.0 - rate2) / strata.n2
        if not (spread > 0).all():
            break
        renewed = 1.0 / spread
        renewed /= renewed.sum()
        moved = float(np.abs(renewed - weights).max())
        weights = renewed
        if moved < SETTLED:
            break
    return weights


def unskewed(z: float, skew: float) -> float:
    """The root y nearest z of z = y + skew (y^2 - 1); the vertex where there is no root."""
    discriminant = 1.0 + 4.0 * skew * (z + skew)
    if discriminant < 0:
        return -0.5 / skew
    return 2.0 * (z + skew) / (1.0 + math.sqrt(discriminant))
