"""Is the probability of each arm its share at every place in the order of arrival?

A rule that keeps the ratio only on average is not valid (a re-randomisation test then shifts):
Proschan, Brittain and Kammerman, Biometrics 2011.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

_NORMAL_999 = 3.090232306167813
"""The 99.9 % point of the normal distribution."""


@dataclass(frozen=True, slots=True)
class RatioTest:
    """Chi-square of the allocations by position against the shares, over many trials.

    ``limit`` is the 99.9 % point of chi-square with as many degrees of freedom as there are
    ``terms``. The positions of one trial lean on each other, so the limit is a little too strict
    for very small blocks.
    """

    statistic: float
    terms: int
    limit: float

    @property
    def holds(self) -> bool:
        """Whether the ratio is held at every position as far as chance lets one see."""
        return self.statistic <= self.limit


def ratio_test(counts: Sequence[Sequence[int]], shares: Sequence[Fraction]) -> RatioTest:
    """Pearson's chi-square of ``counts[position][arm]``; positions nobody reached are left out."""
    statistic, terms = 0.0, 0
    for row in counts:
        whole = sum(row)
        if whole:
            expected = [float(whole * share) for share in shares]
            statistic += sum((n - e) ** 2 / e for n, e in zip(row, expected, strict=True))
            terms += len(row) - 1
    return RatioTest(statistic, terms, chi_square_999(terms))


def chi_square_999(degrees: int) -> float:
    """The 99.9 % point of chi-square by Wilson and Hilferty, Proceedings of the National Academy of
    Sciences 1931;17:684-688; within 0.2 from 10 degrees of freedom on."""
    if degrees < 1:
        return 0.0
    part = 2 / (9 * degrees)
    return float(degrees * (1 - part + _NORMAL_999 * sqrt(part)) ** 3)
