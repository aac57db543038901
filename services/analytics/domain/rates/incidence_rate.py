"""Exposure-adjusted incidence: subjects with an event over the time they were watched for it.

Source: Garwood 1936 for the exact limits, which are quantiles of chi-square.
"""

import math
from dataclasses import dataclass

from services.analytics.domain.chi_square import upper_tail
from services.analytics.domain.crossing import crossing
from services.analytics.domain.estimate import Convention, Estimate, Statistic, normal_quantile

NO_TIME = "no time at risk"


@dataclass(frozen=True, slots=True)
class IncidenceRate:
    """``events`` in ``person_time`` (any unit), per ``per`` of that unit, with exact limits."""

    events: int
    person_time: float
    per: float
    level: float
    rate: Estimate

    def statistics(self) -> tuple[Statistic, ...]:
        """The rate."""
        convention: Convention = {
            "limits": "Garwood",
            "level": self.level,
            "per": self.per,
            "person_time": self.person_time,
        }
        name, method = "incidence_rate", "exposure-adjusted incidence"
        return (Statistic(name, self.rate, method, convention, "1 / person-time"),)


def incidence_rate(
    events: int, person_time: float, level: float, per: float = 1.0
) -> IncidenceRate:
    """Subjects with an event over their time to the first one or to the end of watching.

    Raises ValueError for negative events, a person-time that is negative or infinite, and
    a level outside (0, 1).
    """
    normal_quantile(level)
    if events < 0 or not (math.isfinite(person_time) and person_time >= 0):
        raise ValueError("events and person-time must not be negative")
    if not person_time:
        return IncidenceRate(events, person_time, per, level, Estimate(None, reason=NO_TIME))
    scale = per / person_time
    lower, upper = poisson_limits(events, level)
    rate = Estimate(events * scale, lower * scale, upper * scale)
    return IncidenceRate(events, person_time, per, level, rate)


def poisson_limits(events: int, level: float) -> tuple[float, float]:
    """Exact limits of a Poisson mean of which ``events`` were seen."""
    tail = (1.0 - level) / 2.0
    return _mean(events, 1.0 - tail) if events else 0.0, _mean(events + 1, tail)


def _mean(shape: int, at_least: float) -> float:
    """Half the chi-square value on 2 ``shape`` degrees whose upper tail is ``at_least``."""
    far = shape + 1.0
    while upper_tail(2.0 * far, 2 * shape) > at_least:
        far *= 2.0
    return crossing(lambda mean: upper_tail(2.0 * mean, 2 * shape) - at_least, 0.0, far)
