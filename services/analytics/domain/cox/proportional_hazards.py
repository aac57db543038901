"""Score test that the hazard ratios of a Cox model do not change with time.

Sources: Grambsch and Therneau 1994; the score form is that of ``cox.zph`` in R's
survival package since version 3.0, where the older form was an approximation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from services.analytics.domain.cox.model import NOT_CONVERGED, fit
from services.analytics.domain.cox.partial_likelihood import PartialLikelihood, Ties
from services.analytics.domain.estimate import Estimate, Statistic
from services.analytics.domain.life_table import FloatArray, LifeTable
from services.analytics.domain.score_test import ChiSquare, quadratic_form

AT_TIME_ZERO = "an event on day 0 has no logarithm"
NO_HAZARD_RATIO = "no hazard ratio to test"
ROUNDING = 1e-12


class TimeScale(StrEnum):
    """The function of time that the log hazard ratio may be a line of."""

    KM = "km"
    IDENTITY = "identity"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class ProportionalHazardsTest:
    """Chi-square with one degree of freedom for each hazard ratio of the model."""

    scale: TimeScale
    ties: Ties
    test: ChiSquare

    def statistics(self) -> tuple[Statistic, ...]:
        """The p of the test."""
        convention = {
            "time_scale": self.scale.value,
            "ties": self.ties.value,
            "degrees_of_freedom": self.test.degrees_of_freedom,
        }
        estimate = Estimate(self.test.p, reason=self.test.reason)
        return (
            Statistic(
                "proportional_hazards_p",
                estimate,
                "proportional-hazards score test",
                convention,
                "probability",
            ),
        )


def proportional_hazards(
    strata: Sequence[Sequence[LifeTable]],
    scale: TimeScale = TimeScale.KM,
    ties: Ties = Ties.EFRON,
) -> ProportionalHazardsTest:
    """Test the model of ``strata[s][k]`` (arm k in stratum s) against a trend over ``scale``.

    ``km`` is one less the survival of all subjects together, strata and arms ignored,
    just before a time. Arms without a hazard ratio take no part, in that survival neither.
    """
    fitted, maximum = fit(strata, ties)
    if maximum is None:
        reason = NO_HAZARD_RATIO if len(fitted) < 2 else NOT_CONVERGED
        return ProportionalHazardsTest(scale, ties, ChiSquare(None, 0, reason))
    tables = [[stratum[arm] for arm in fitted] for stratum in strata]
    likelihood = PartialLikelihood.of(tables, ties)
    if scale is TimeScale.LOG and not likelihood.times.all():
        return ProportionalHazardsTest(scale, ties, ChiSquare(None, 0, AT_TIME_ZERO))
    deaths = likelihood.events.sum(axis=1)
    trend = _on_scale(likelihood.times, tables, scale)
    # A shift changes nothing, and centring keeps the differences below from cancelling.
    trend = trend - trend @ deaths / deaths.sum()
    weights = trend[likelihood.event_time]
    shares = likelihood.shares(maximum.log_hazards)
    score = trend @ likelihood.events - (likelihood.multiplicity * weights) @ shares
    straight = likelihood.information(shares)[1:, 1:]
    crossed = likelihood.information(shares, weights)[1:, 1:]
    squared = likelihood.information(shares, weights**2)[1:, 1:]
    variance = squared - crossed @ np.linalg.solve(straight, crossed)
    # With one event time there is no trend to see; what is left of the variance is rounding.
    least = ROUNDING * float(np.trace(squared))
    return ProportionalHazardsTest(scale, ties, quadratic_form(score[1:], variance, least))


def _on_scale(
    times: FloatArray, strata: Sequence[Sequence[LifeTable]], scale: TimeScale
) -> FloatArray:
    if scale is TimeScale.IDENTITY:
        return times
    if scale is TimeScale.LOG:
        return np.log(times)
    everyone = [table for tables in strata for table in tables]
    days = np.unique(times)
    at_risk = sum((table.at_risk_at(days) for table in everyone), np.zeros(days.shape))
    events = sum((table.events_at(days) for table in everyone), np.zeros(days.shape))
    failed = 1.0 - np.append(1.0, np.cumprod(1.0 - events / at_risk)[:-1])
    return failed[np.searchsorted(days, times)]
