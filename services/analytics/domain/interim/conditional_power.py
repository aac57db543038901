"""The chance that a trial ends significant, given what it shows at an interim look.

Source: Lan and Wittes 1988, by the B-value B(t) = Z sqrt(t), whose rest is normal with
mean theta (1 - t).
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from services.analytics.domain.chi_square import normal_upper_tail
from services.analytics.domain.estimate import Estimate, Statistic


class Trend(StrEnum):
    """What the rest of the trial is taken to follow."""

    NULL = "no effect"
    CURRENT = "the effect seen so far"
    DESIGN = "the effect of the design"


@dataclass(frozen=True, slots=True)
class ConditionalPower:
    """``power`` at ``information`` with ``z`` there, to reach ``final_z`` at the end."""

    z: float
    information: float
    final_z: float
    trend: Trend
    power: float

    def statistics(self) -> tuple[Statistic, ...]:
        """The power."""
        convention = {
            "z": self.z,
            "information": self.information,
            "final_z": self.final_z,
            "trend": self.trend.value,
        }
        name, estimate = "conditional_power", Estimate(self.power)
        return (Statistic(name, estimate, "conditional power", convention, "probability"),)


def conditional_power(
    z: float, information: float, final_z: float, trend: Trend, drift: float | None = None
) -> ConditionalPower:
    """Power to pass ``final_z``, one-sided, from ``z`` at a share of ``information`` in (0, 1).

    ``drift`` is the mean of the final z under the design, wanted by that trend and by no
    other. Raises ValueError where it is missing or superfluous, and for an information
    outside (0, 1).
    """
    if not 0 < information < 1:
        raise ValueError("the share of information lies between 0 and 1")
    if (drift is not None) != (trend is Trend.DESIGN):
        raise ValueError("a drift belongs to the trend of the design, and to that alone")
    theta = {Trend.NULL: 0.0, Trend.CURRENT: z / math.sqrt(information)}.get(trend, drift or 0.0)
    left = 1.0 - information
    gap = final_z - z * math.sqrt(information) - theta * left
    power = normal_upper_tail(gap / math.sqrt(left))
    return ConditionalPower(z, information, final_z, trend, power)
