"""Ratio of two rates, and of two odds, by score methods.

Sources: Koopman 1984 and, with the factor N / (N - 1), Miettinen and Nurminen 1985 for
one table; Tang 2020 for the weights of strata; Miettinen and Nurminen 1985 for odds.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum

import numpy as np

from services.analytics.domain.estimate import Convention, Estimate, Statistic, normal_quantile
from services.analytics.domain.life_table import FloatArray
from services.analytics.domain.rates.score import (
    Score,
    ScoreEffect,
    ratio_estimate,
    ratio_root,
    standardized,
)
from services.analytics.domain.rates.table import (
    NO_STRATUM,
    NO_SUCCESS_IN_REFERENCE,
    Strata,
    TwoByTwo,
)

NO_FINITE_ODDS = "no success in the reference or no failure in the arm: no finite odds ratio"


class RatioMethod(StrEnum):
    """Which score statistic of a ratio; all but Tang's are of one table."""

    MIETTINEN_NURMINEN = "Miettinen-Nurminen ratio of rates"
    KOOPMAN = "Koopman ratio of rates"
    TANG = "Tang stratified ratio of rates"
    ODDS = "Miettinen-Nurminen ratio of odds"


def score_ratio(tables: Sequence[TwoByTwo], level: float, method: RatioMethod) -> ScoreEffect:
    """Rate (or odds) of the arm over that of the reference, tested against 1.

    Raises ValueError for a level outside (0, 1), and for several strata under a method
    that is defined for one table.
    """
    normal_quantile(level)
    strata = Strata.of(tables)
    if strata.count > 1 and method is not RatioMethod.TANG:
        raise ValueError(f"{method.value} is defined for one table")
    estimate, z = Estimate(None, reason=NO_STRATUM), None
    if strata.count:
        score, swapped = _score_of(strata, method), _score_of(strata.swapped(), method)
        value = _value(strata, method, score)
        infinite = NO_FINITE_ODDS if method is RatioMethod.ODDS else NO_SUCCESS_IN_REFERENCE
        estimate = ratio_estimate(value, score, swapped, level, infinite)
        z = score(1.0)
    name = "odds_ratio" if method is RatioMethod.ODDS else "rate_ratio"
    convention: Convention = {
        "direction": "arm / reference",
        "level": level,
        "strata": strata.count,
    }
    return ScoreEffect(Statistic(name, estimate, method.value, convention, "1"), 1.0, z)


def _value(strata: Strata, method: RatioMethod, score: Score) -> float | None:
    """The ratio itself, None where it is infinite or 0 / 0."""
    if method is RatioMethod.TANG:
        return ratio_root(score) if strata.x2.any() else None
    above, below = strata.x1 * strata.n2, strata.x2 * strata.n1
    if method is RatioMethod.ODDS:
        above = strata.x1 * (strata.n2 - strata.x2)
        below = strata.x2 * (strata.n1 - strata.x1)
    return float(above[0] / below[0]) if below[0] else None


def _score_of(strata: Strata, method: RatioMethod) -> Score:
    parts = _odds_parts if method is RatioMethod.ODDS else _rate_parts
    correction = strata.n / (strata.n - 1.0)
    if method in {RatioMethod.KOOPMAN, RatioMethod.TANG}:
        correction = np.ones(strata.count)
    weighing: Callable[[FloatArray, FloatArray], FloatArray] = (
        _tang_weights if method is RatioMethod.TANG else lambda _, variance: np.ones_like(variance)
    )

    def score(ratio: float) -> float:
        excess, variance, p2 = parts(strata, ratio)
        variance = variance * correction
        weights = weighing(p2, variance)
        return standardized(float(weights @ excess), float(weights**2 @ variance))

    return score


def _rate_parts(strata: Strata, ratio: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Excess of the arm's rate, its variance and the reference's rate under ``ratio``."""
    # The smaller root of the quadratic, in the form that does not cancel.
    slope = strata.n1 * ratio + strata.x1 + strata.n2 + strata.x2 * ratio
    root = np.sqrt(np.maximum(slope**2 - 4.0 * strata.n * ratio * strata.x, 0.0))
    p2 = np.clip(2.0 * strata.x / (slope + root), 0.0, 1.0)
    p1 = np.clip(ratio * p2, 0.0, 1.0)
    excess = strata.x1 / strata.n1 - ratio * strata.x2 / strata.n2
    variance = p1 * (1.0 - p1) / strata.n1 + ratio**2 * p2 * (1.0 - p2) / strata.n2
    return excess, variance, p2


def _odds_parts(strata: Strata, ratio: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Excess of the arm's successes, its variance and the reference's rate under ``ratio``."""
    growth = ratio - 1.0
    slope = strata.n1 * ratio + strata.n2 - strata.x * growth
    root = np.sqrt(np.maximum(slope**2 + 4.0 * strata.n2 * growth * strata.x, 0.0))
    # Of the two forms of the root the one that does not cancel.
    above = np.where(slope >= 0, 2.0 * strata.x, root - slope)
    p2 = np.clip(above / np.where(slope >= 0, slope + root, 2.0 * strata.n2 * growth), 0.0, 1.0)
    p1 = np.clip((strata.x - strata.n2 * p2) / strata.n1, 0.0, 1.0)
    spread1 = strata.n1 * p1 * (1.0 - p1)
    spread2 = strata.n2 * p2 * (1.0 - p2)
    together = spread1 + spread2
    variance = np.divide(
        spread1 * spread2, together, out=np.zeros_like(together), where=together > 0
    )
    return strata.x1 - strata.n1 * p1, variance, p2


def _tang_weights(p2: FloatArray, variance: FloatArray) -> FloatArray:
    """The efficient weights; a stratum without variance says nothing about a ratio."""
    return np.divide(p2, variance, out=np.zeros_like(p2), where=variance > 0)
