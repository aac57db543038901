"""Difference of two medians, with limits by resampling subjects (bootstrap percentiles).

A Kaplan-Meier median has no standard error of its own that could be added. Subjects are drawn anew
within each arm, as often as there are (Efron 1981); the limits are percentiles of the differences
of the medians of the draws. The seed comes from the data, so the same night has the same limits.
"""

import math
from dataclasses import dataclass

import numpy as np

from services.analytics.domain.estimate import (
    NO_SUBJECTS,
    Convention,
    Estimate,
    Statistic,
    normal_quantile,
)
from services.analytics.domain.kaplan_meier import LEVEL_TOLERANCE, kaplan_meier
from services.analytics.domain.life_table import FloatArray, IntArray, LifeTable

METHOD = "difference of Kaplan-Meier medians"
NOT_REACHED = "the median of an arm is not reached"
TOO_OFTEN_NEITHER = "in too many draws neither median is reached"
NEITHER_AT_MOST = 0.01  # of the draws; each has a difference that nobody knows
HALF = 0.5
ROUNDING = 1e-9
AT_ONCE = 200  # draws held in memory together


@dataclass(frozen=True, slots=True)
class Draws:
    """How many draws there are, and from which seed."""

    replicates: int
    seed: int


@dataclass(frozen=True, slots=True)
class MedianDifference:
    """Median of an arm less that of the reference (days), with percentile limits."""

    difference: Estimate
    level: float
    draws: Draws

    def statistics(self) -> tuple[Statistic, ...]:
        """The difference."""
        said: Convention = {
            "limits": "bootstrap percentile",
            "level": self.level,
            "replicates": self.draws.replicates,
            "seed": str(self.draws.seed),
            "resampled": "subjects within arms",
            "quantile_rule": "midpoint of a plateau",
        }
        return (Statistic("median_difference", self.difference, METHOD, said, "days"),)


def median_difference(
    arm: LifeTable, reference: LifeTable, level: float, draws: Draws
) -> MedianDifference:
    """The difference with limits; a limit that lies among draws without a median is open.

    Not estimable where a median is not reached. Raises ValueError for a level outside (0, 1).
    """
    normal_quantile(level)
    medians = [
        kaplan_meier(each, level).quantiles(HALF)[0].time if each.n else None
        for each in (arm, reference)
    ]
    if not (arm.n and reference.n):
        return MedianDifference(Estimate(None, reason=NO_SUBJECTS), level, draws)
    if medians[0] is None or medians[1] is None:
        return MedianDifference(Estimate(None, reason=NOT_REACHED), level, draws)
    value = medians[0] - medians[1]
    random = np.random.Generator(np.random.PCG64(draws.seed))
    with np.errstate(invalid="ignore"):
        drawn = _medians(arm, draws.replicates, random)
        drawn = drawn - _medians(reference, draws.replicates, random)
    unknown = np.isnan(drawn)
    if float(np.mean(unknown)) > NEITHER_AT_MOST:
        estimate = Estimate(value, reason=f"limits not estimable: {TOO_OFTEN_NEITHER}")
        return MedianDifference(estimate, level, draws)
    tail = (1.0 - level) / 2.0
    ranked = np.sort(drawn[~unknown])
    found = (_percentile(ranked, tail), _percentile(ranked, 1.0 - tail))
    lower, upper = (each if math.isfinite(each) else None for each in found)
    missing = [name for name, each in (("lower", lower), ("upper", upper)) if each is None]
    reason = f"{' and '.join(missing)} limit not reached" if missing else None
    return MedianDifference(Estimate(value, lower, upper, reason), level, draws)


def _percentile(ranked: FloatArray, p: float) -> float:
    """SAS definition 5. numpy's own way makes a number beside an infinite one unknown."""
    place = ranked.size * p
    whole = round(place)
    if abs(place - whole) < ROUNDING and 0 < whole < ranked.size:
        return float(ranked[whole - 1] + ranked[whole]) / 2.0
    return float(ranked[min(int(place), ranked.size - 1)])


def _medians(table: LifeTable, replicates: int, random: np.random.Generator) -> FloatArray:
    """The median of each draw (replicates,), infinite where it is not reached."""
    cells = np.concatenate([table.events, table.censored])
    parts = []
    for first in range(0, replicates, AT_ONCE):
        drawn = random.multinomial(table.n, cells / table.n, size=min(AT_ONCE, replicates - first))
        events, censored = drawn[:, : table.times.size], drawn[:, table.times.size :]
        parts.append(_each_median(table.times, events, censored))
    return np.concatenate(parts)


def _each_median(times: FloatArray, events: IntArray, censored: IntArray) -> FloatArray:
    """Medians of many groups at once, (groups, times): the rule of ``kaplan_meier.quantile``."""
    leaving = events + censored
    at_risk = leaving[:, ::-1].cumsum(axis=1)[:, ::-1]
    hazard = np.divide(events, at_risk, out=np.zeros(events.shape), where=at_risk > 0)
    survival = np.cumprod(1.0 - hazard, axis=1)
    reached = survival <= HALF + LEVEL_TOLERANCE
    first = reached.argmax(axis=1)
    rows = np.arange(first.size)
    level = survival[rows, first]
    falls = survival < level[:, None]
    last = times.size - 1 - (leaving[:, ::-1] > 0).argmax(axis=1)
    end = np.where(falls.any(axis=1), falls.argmax(axis=1), last)
    resting = np.abs(level - HALF) < LEVEL_TOLERANCE
    found = np.where(resting, (times[first] + times[end]) / 2.0, times[first])
    return np.where(reached.any(axis=1), found, np.inf)
