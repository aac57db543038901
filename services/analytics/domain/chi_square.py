"""Tail probabilities of the chi-square and the normal distribution.

For whole degrees of freedom the chi-square tail is a finite sum (Abramowitz and
Stegun 26.4.4 and 26.4.5), so the domain needs no scipy.
"""

import math


def upper_tail(x: float, degrees_of_freedom: int) -> float:
    """P(X >= x) of a chi-square variable; ``degrees_of_freedom`` is a whole number >= 1.

    Raises ValueError for other degrees of freedom.
    """
    if degrees_of_freedom < 1:
        raise ValueError("chi-square needs at least one degree of freedom")
    half = x / 2.0
    if half <= 0:
        return 1.0
    odd = degrees_of_freedom % 2
    tail = math.erfc(math.sqrt(half)) if odd else math.exp(-half)
    shape = 0.5 if odd else 1.0
    while shape < degrees_of_freedom / 2.0:
        tail += math.exp(shape * math.log(half) - half - math.lgamma(shape + 1.0))
        shape += 1.0
    return min(tail, 1.0)


def normal_upper_tail(z: float) -> float:
    """P(Z >= z) of a standard normal variable."""
    return 0.5 * math.erfc(z / math.sqrt(2.0))
