"""Restricted mean survival time: the area under a Kaplan-Meier curve up to a time tau.

Sources: Irwin 1949; Karrison 1987 for the variance. Tau is always given: programs choose
different ones for themselves.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.analytics.domain.estimate import (
    NO_SUBJECTS,
    Convention,
    Estimate,
    Statistic,
    normal_quantile,
)
from services.analytics.domain.kaplan_meier import kaplan_meier
from services.analytics.domain.life_table import LifeTable

METHOD = "restricted mean survival time"
TAU_PAST_LAST = "tau is past the last observed time and somebody survives it"
AREA_LEVEL = 0.95  # S(t) itself does not depend on the level.


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """Mean time (days) up to ``tau`` (days) with its standard error, or why there is none.

    ``time_lost`` is tau less the mean, summed for itself: a difference of the two would
    leave rounding where nothing is lost. The standard error is that of both.
    """

    tau: float
    value: float | None
    time_lost: float | None = None
    standard_error: float | None = None
    reason: str | None = None

    def estimate(self, level: float) -> Estimate:
        """The mean with normal limits. Raises ValueError for a level outside (0, 1)."""
        return self._limited(self.value, level)

    def lost(self, level: float) -> Estimate:
        """Mean time lost, tau less the mean. Raises ValueError for a level outside (0, 1)."""
        return self._limited(self.time_lost, level)

    def statistics(self, level: float) -> tuple[Statistic, ...]:
        """The mean and the mean time lost."""
        convention: Convention = {"tau_days": self.tau, "limits": "normal", "level": level}
        return (
            Statistic("rmst", self.estimate(level), METHOD, convention, "days"),
            Statistic("rmtl", self.lost(level), METHOD, convention, "days"),
        )

    def _limited(self, centre: float | None, level: float) -> Estimate:
        z = normal_quantile(level)
        if centre is None or self.standard_error is None:
            return Estimate(None, reason=self.reason)
        half = z * self.standard_error
        return Estimate(centre, centre - half, centre + half)


def restricted_mean(table: LifeTable, tau: float) -> RestrictedMean:
    """Area under S from 0 to ``tau`` (days), which lies above 0.

    Not estimable past the last observed time unless S is 0 there. Raises ValueError
    for a tau that is not positive and finite.
    """
    if not (math.isfinite(tau) and tau > 0):
        raise ValueError(f"tau must be positive and finite, not {tau}")
    if not table.n:
        return RestrictedMean(tau, None, reason=NO_SUBJECTS)
    curve = kaplan_meier(table, AREA_LEVEL)
    if tau > table.times[-1] and curve.survival[-1] > 0:
        return RestrictedMean(tau, None, reason=TAU_PAST_LAST)
    inside = table.times <= tau
    ends = np.concatenate([[0.0], table.times[inside], [tau]])
    heights = np.concatenate([[1.0], curve.survival[inside]])
    areas = heights * np.diff(ends)
    after = areas[1:][::-1].cumsum()[::-1]
    d, r = table.events[inside].astype(np.float64), table.at_risk[inside].astype(np.float64)
    # Where all at risk have the event no area is left after it, and the term is 0.
    survivors = r > d
    terms = np.zeros(d.shape)
    terms[survivors] = (after**2 * d)[survivors] / (r * (r - d))[survivors]
    lost = ((1.0 - heights) * np.diff(ends)).sum()
    return RestrictedMean(tau, float(areas.sum()), float(lost), math.sqrt(float(terms.sum())))


def longest_tau(tables: Sequence[LifeTable]) -> float | None:
    """The largest tau (days) that every table allows; None where none of them sets an end.

    A table sets its last observed time, unless its survival is 0 there.
    """
    ends = [
        float(table.times[-1])
        for table in tables
        if table.n and not (table.at_risk == table.events).any()
    ]
    return min(ends, default=None)
