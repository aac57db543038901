"""The largest of several weighted log-rank statistics of two arms, and its p (MaxCombo).

The statistics are jointly normal; their covariance sums products of both weights over event times.
Sources: Lee 1996, Karrison 2016; the p is exact for that distribution, not a bound.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.analytics.domain.life_table import FloatArray, LifeTable
from services.analytics.domain.logrank import NO_EVENTS, EventWeights, stratum_sums
from services.analytics.domain.normal_probability import all_within
from services.analytics.domain.score_test import NO_VARIANCE, ROUNDING


@dataclass(frozen=True, slots=True, eq=False)
class MaxCombo:
    """z of each test, shape (tests,), positive where the arm has fewer events than expected, and
    their correlation; None, with a ``reason``, where one of them does not exist."""

    weights: tuple[EventWeights, ...]
    z: FloatArray | None
    correlation: FloatArray | None
    reason: str | None = None

    @property
    def largest(self) -> float | None:
        """The largest z: that of the weights under which the arm does best."""
        return None if self.z is None else float(np.max(self.z))

    @property
    def p_one_sided(self) -> float | None:
        """P(the largest of them is as large or larger) if the arms do not differ."""
        return self._p(both_sides=False)

    @property
    def p_two_sided(self) -> float | None:
        """The same of the largest in absolute value."""
        return self._p(both_sides=True)

    def _p(self, *, both_sides: bool) -> float | None:
        if self.z is None or self.correlation is None:
            return None
        limit = float(np.max(np.abs(self.z) if both_sides else self.z))
        return max(0.0, 1.0 - all_within(self.correlation, limit, both_sides=both_sides))


def maxcombo(
    strata: Sequence[Sequence[LifeTable]], weights: Sequence[EventWeights], arm: int
) -> MaxCombo:
    """Compare two arms, ``strata[s][k]``; ``arm`` is the one that a positive z favours.

    Raises ValueError where there are not exactly two arms.
    """
    if any(len(tables) != 2 for tables in strata):
        raise ValueError("MaxCombo compares exactly two arms")
    shortfall = np.zeros(len(weights))
    covariance = np.zeros((len(weights), len(weights)))
    for tables in strata:
        for i, each in enumerate(weights):
            observed, expected, _ = stratum_sums(tables, each)
            shortfall[i] += expected[arm] - observed[arm]
            for j, other in enumerate(weights):
                covariance[i, j] += stratum_sums(tables, each, other)[2][arm, arm]
    events = sum(table.n_events for tables in strata for table in tables)
    spread = covariance.diagonal()
    if not events or not (spread > ROUNDING * events).all():
        return MaxCombo(tuple(weights), None, None, NO_VARIANCE if events else NO_EVENTS)
    scale = np.sqrt(spread)
    return MaxCombo(tuple(weights), shortfall / scale, covariance / np.outer(scale, scale))
