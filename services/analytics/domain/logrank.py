"""Log-rank test of two or more groups, plain or summed over strata.

Sources: Mantel 1966; Peto and Peto 1972; the groups compared and the degrees of
freedom follow ``survdiff`` of R's survival package: a group that expects no event
takes no part.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.analytics.domain.chi_square import normal_upper_tail, upper_tail
from services.analytics.domain.life_table import FloatArray, LifeTable

NO_EVENTS = "no events"
NO_COMPARISON = "fewer than two arms at risk together at an event"
NO_VARIANCE = "the test has no variance"


@dataclass(frozen=True, slots=True, eq=False)
class LogRank:
    """Observed and expected events by group, their covariance, and the test.

    ``observed`` and ``expected`` have shape (groups,), ``variance`` (groups,
    groups). ``chi_square`` is None, with a ``reason``, where no test is possible;
    ``degrees_of_freedom`` is then 0.
    """

    observed: FloatArray
    expected: FloatArray
    variance: FloatArray
    chi_square: float | None
    degrees_of_freedom: int
    reason: str | None = None

    @property
    def p_two_sided(self) -> float | None:
        """Upper tail of chi-square."""
        if self.chi_square is None:
            return None
        return upper_tail(self.chi_square, self.degrees_of_freedom)

    def z(self, group: int) -> float | None:
        """(E - O) / sqrt(V) of one of two groups: positive when it has fewer events than expected.

        Raises ValueError where there are not exactly two groups.
        """
        if self.observed.size != 2:
            raise ValueError("a one-sided log-rank test needs exactly two groups")
        if self.chi_square is None:
            return None
        shortfall = float(self.expected[group] - self.observed[group])
        return shortfall / math.sqrt(float(self.variance[group, group]))

    def p_one_sided(self, group: int) -> float | None:
        """Upper tail of ``z``: small when the group has fewer events than expected."""
        z = self.z(group)
        return None if z is None else normal_upper_tail(z)


def logrank(strata: Sequence[Sequence[LifeTable]]) -> LogRank:
    """Test equal hazards; ``strata[s][k]`` is the table of group k in stratum s.

    At an event time with D events among N at risk, group k of size r expects
    r D / N, with hypergeometric variance. The plain test is that of one stratum.
    """
    groups = len(strata[0])
    observed, expected = np.zeros(groups), np.zeros(groups)
    variance = np.zeros((groups, groups))
    for tables in strata:
        sums = _stratum_sums(tables)
        observed += sums[0]
        expected += sums[1]
        variance += sums[2]
    chi_square, freedom, reason = _test(observed, expected, variance)
    return LogRank(observed, expected, variance, chi_square, freedom, reason)


def _stratum_sums(tables: Sequence[LifeTable]) -> tuple[FloatArray, FloatArray, FloatArray]:
    times = np.unique(np.concatenate([table.times[table.events > 0] for table in tables]))
    r = np.array([table.at_risk_at(times) for table in tables], dtype=np.float64)
    d = np.array([table.events_at(times) for table in tables], dtype=np.float64)
    at_risk, events = r.sum(axis=0), d.sum(axis=0)
    # r D first: whole numbers, so a group alone in its stratum expects exactly what it has.
    expected = (r * events / at_risk).sum(axis=1)
    several = at_risk > 1
    weight = np.zeros(times.shape)
    weight[several] = (events * (at_risk - events))[several] / (at_risk[several] - 1.0)
    share = r / at_risk
    variance = np.diag((weight * share).sum(axis=1)) - (weight * share) @ share.T
    return d.sum(axis=1), expected, variance


def _test(
    observed: FloatArray, expected: FloatArray, variance: FloatArray
) -> tuple[float | None, int, str | None]:
    if not observed.sum():
        return None, 0, NO_EVENTS
    taking_part = np.flatnonzero(expected > 0)
    if taking_part.size < 2:
        return None, 0, NO_COMPARISON
    rest = taking_part[1:]
    excess = (observed - expected)[rest]
    block = variance[np.ix_(rest, rest)]
    scale = float(np.trace(block))
    # Arms that never share a stratum leave the matrix short of full rank.
    rank = int(np.linalg.matrix_rank(block, tol=1e-10 * scale, hermitian=True)) if scale > 0 else 0
    if rank == 0:
        return None, 0, NO_VARIANCE
    if rank == rest.size:
        return float(excess @ np.linalg.solve(block, excess)), rank, None
    inverse = np.linalg.pinv(block, rcond=1e-10, hermitian=True)
    return float(excess @ inverse @ excess), rank, None
