"""The cumulative hazard of one group by Nelson and Aalen, and its standard error.

Sources: Nelson 1969, Aalen 1978; the variance is Aalen's sum of d / r^2. Ties as they are: d events
of r at risk on one day add d / r (``survfit`` in R with ``ctype = 1``).
"""

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from services.analytics.domain.estimate import NO_SUBJECTS, Estimate
from services.analytics.domain.kaplan_meier import PAST_LAST
from services.analytics.domain.life_table import FloatArray, LifeTable


@dataclass(frozen=True, slots=True, eq=False)
class CumulativeHazard:
    """H(t) just after each observed time of one group; arrays of the length of ``table.times``."""

    table: LifeTable
    hazard: FloatArray
    variance: FloatArray

    def at(self, time: float) -> Estimate:
        """H at ``time`` (days): 0 before the first observed time, not estimable past the last."""
        return self._at(time, self.hazard)

    def standard_error_at(self, time: float) -> Estimate:
        """The standard error of H at ``time`` (days)."""
        found = self._at(time, self.variance)
        return found if found.value is None else Estimate(math.sqrt(found.value))

    def with_hazard(self, hazard: FloatArray) -> Self:
        """The same with H as another engine computed it."""
        return replace(self, hazard=hazard)

    def _at(self, time: float, values: FloatArray) -> Estimate:
        if not self.table.n:
            return Estimate(None, reason=NO_SUBJECTS)
        if time > self.table.times[-1]:
            return Estimate(None, reason=PAST_LAST)
        index = int(np.searchsorted(self.table.times, time, side="right")) - 1
        return Estimate(float(values[index]) if index >= 0 else 0.0)


def nelson_aalen(table: LifeTable) -> CumulativeHazard:
    """Estimate H(t) = sum of d / r."""
    d, r = table.events.astype(np.float64), table.at_risk.astype(np.float64)
    return CumulativeHazard(table, np.cumsum(d / r), np.cumsum(d / r**2))
