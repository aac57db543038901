"""Median follow-up: the Kaplan-Meier median of the time to censoring.

Source: Schemper and Smith 1996. Programs disagree about an event and a censoring on
one day, so the rule is named: ``flip`` swaps the two and keeps the usual order (R's
survfit), ``prodlim`` takes the events out of the risk set first (R's prodlim).
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from services.analytics.domain.estimate import NO_SUBJECTS, Estimate, Statistic
from services.analytics.domain.kaplan_meier import LEVEL_TOLERANCE, kaplan_meier
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.specification import ConfidenceType

NOT_REACHED = "median follow-up not reached"
LIMITS_OF_FLIP = "limits are defined for the rule flip only"


class ReverseTies(StrEnum):
    """Who is at risk of censoring on a day with events."""

    FLIP = "flip"
    PRODLIM = "prodlim"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Median time to censoring (days) under a rule for ties."""

    ties: ReverseTies
    median: Estimate
    level: float
    conf_type: ConfidenceType

    def statistics(self) -> tuple[Statistic, ...]:
        """The median."""
        convention = {
            "reverse_km_ties": self.ties.value,
            "level": self.level,
            "conf_type": self.conf_type.value,
        }
        name, method = "median_follow_up", "reverse Kaplan-Meier"
        return (Statistic(name, self.median, method, convention, "days"),)


def follow_up(
    table: LifeTable,
    level: float,
    ties: ReverseTies = ReverseTies.FLIP,
    conf_type: ConfidenceType = ConfidenceType.LOG_LOG,
) -> FollowUp:
    """Median follow-up of a group.

    ``flip`` takes the midpoint of a plateau and has limits; ``prodlim`` takes the first
    time at or below one half and has none. Raises ValueError for a level outside (0, 1).
    """
    if ties is ReverseTies.FLIP:
        median = _flipped(table, level, conf_type)
    else:
        median = _censored_after_events(table)
    if not table.n:
        median = Estimate(None, reason=NO_SUBJECTS)
    return FollowUp(ties, median, level, conf_type)


def _flipped(table: LifeTable, level: float, conf_type: ConfidenceType) -> Estimate:
    swapped = LifeTable(table.times, table.censored, table.events, table.at_risk)
    found = kaplan_meier(swapped, level, conf_type).quantiles(0.5)
    value, lower, upper = (quantile.time for quantile in found)
    if value is None:
        return Estimate(None, lower, upper, NOT_REACHED)
    missing = " and ".join(
        name for name, limit in (("lower", lower), ("upper", upper)) if limit is None
    )
    return Estimate(value, lower, upper, f"{missing} limit not reached" if missing else None)


def _censored_after_events(table: LifeTable) -> Estimate:
    left = table.at_risk - table.events
    factors = np.ones(table.times.shape)
    factors[left > 0] -= table.censored[left > 0] / left[left > 0]
    reached = np.flatnonzero(np.cumprod(factors) <= 0.5 + LEVEL_TOLERANCE)
    if not reached.size:
        return Estimate(None, reason=NOT_REACHED)
    return Estimate(float(table.times[reached[0]]), reason=LIMITS_OF_FLIP)
