"""The chi-square of a score vector over groups, in full or short rank."""

from dataclasses import dataclass

import numpy as np

from services.analytics.domain.chi_square import upper_tail
from services.analytics.domain.life_table import FloatArray

NO_COMPARISON = "fewer than two arms at risk together at an event"
NO_VARIANCE = "the test has no variance"
NOT_POSITIVE = "the estimate of the test's variance is negative in a direction"
RANK_TOLERANCE = 1e-10
ROUNDING = 1e-14


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """A chi-square statistic; None, with 0 degrees of freedom and a reason, where there is none."""

    statistic: float | None
    degrees_of_freedom: int
    reason: str | None = None

    @property
    def p(self) -> float | None:
        """Upper tail: the two-sided p-value."""
        if self.statistic is None:
            return None
        return upper_tail(self.statistic, self.degrees_of_freedom)


def score_test(
    score: FloatArray, variance: FloatArray, taking_part: FloatArray, events: float
) -> ChiSquare:
    """Test that a score vector, counted in ``events``, is 0.

    ``score`` has shape (groups,) and sums to 0, ``variance`` (groups, groups).
    ``taking_part`` is positive for the groups compared; the first of them is left out,
    which changes nothing. The degrees of freedom are the rank of what remains. A
    variance that is no more than rounding beside the number of events is none.
    """
    compared = np.flatnonzero(taking_part > 0)
    if compared.size < 2:
        return ChiSquare(None, 0, NO_COMPARISON)
    rest = compared[1:]
    return quadratic_form(score[rest], variance[np.ix_(rest, rest)], ROUNDING * events)


def quadratic_form(score: FloatArray, variance: FloatArray, least: float) -> ChiSquare:
    """score' variance^-1 score; shapes (k,) and (k, k).

    A variance whose trace is not above ``least``, or is not finite, is none; nor is one that is
    negative in a direction, as Gray's estimate can be where nearly all fail on one day.
    """
    scale = float(np.trace(variance))
    if not np.isfinite(scale) or scale <= least:
        return ChiSquare(None, 0, NO_VARIANCE)
    if float(np.linalg.eigvalsh(variance)[0]) < -RANK_TOLERANCE * scale:
        return ChiSquare(None, 0, NOT_POSITIVE)
    # Arms that never share a stratum leave the matrix short of full rank.
    rank = int(np.linalg.matrix_rank(variance, tol=RANK_TOLERANCE * scale, hermitian=True))
    if rank == score.size:
        return ChiSquare(float(score @ np.linalg.solve(variance, score)), rank)
    inverse = np.linalg.pinv(variance, rcond=RANK_TOLERANCE, hermitian=True)
    return ChiSquare(float(score @ inverse @ score), rank)
