"""How much of the one-sided error may be spent by a share of the information.

Source: Lan and DeMets 1983, the functions that come close to O'Brien and Fleming's and
to Pocock's boundaries.
"""

import math
from enum import StrEnum
from statistics import NormalDist

from services.analytics.domain.chi_square import normal_upper_tail


class Spending(StrEnum):
    """The two functions of Lan and DeMets."""

    OBRIEN_FLEMING = "Lan-DeMets O'Brien-Fleming"
    POCOCK = "Lan-DeMets Pocock"


def spent(function: Spending, alpha: float, information: float) -> float:
    """One-sided error spent by ``information`` in (0, 1], of ``alpha`` in (0, 0.5) in all.

    Raises ValueError outside these ranges.
    """
    if not (0 < alpha < 0.5 and 0 < information <= 1):
        raise ValueError("alpha lies between 0 and 0.5, a share of information in (0, 1]")
    if function is Spending.POCOCK:
        return alpha * math.log(1.0 + (math.e - 1.0) * information)
    z = NormalDist().inv_cdf(1.0 - alpha / 2.0)
    return 2.0 * normal_upper_tail(z / math.sqrt(information))
