"""Exact unconditional limits of a difference of rates.

Source: Santner and Snell 1980: two one-sided tests, each at half the error, that order
tables by their raw difference, with the nuisance rate at its worst.
"""

import numpy as np

from services.analytics.domain.crossing import crossing
from services.analytics.domain.estimate import (
    NO_SUBJECTS,
    Convention,
    Estimate,
    Statistic,
    normal_quantile,
)
from services.analytics.domain.rates.table import TwoByTwo
from services.analytics.domain.rates.tails import probabilities

NUISANCE = 1001
TIE = 1e-12


def exact_difference(table: TwoByTwo, level: float) -> Statistic:
    """Rate of the arm less that of the reference. Raises ValueError for a level outside (0, 1).

    The work grows with n1 n2: meant for hundreds of subjects, not for thousands.
    """
    normal_quantile(level)
    estimate = Estimate(None, reason=NO_SUBJECTS)
    if table.n1 and table.n2:
        value = table.x1 / table.n1 - table.x2 / table.n2
        estimate = Estimate(value, _lower(table, level), -_lower(table.swapped(), level))
    convention: Convention = {
        "direction": "arm - reference",
        "limits": "exact unconditional, two one-sided tests",
        "order": "raw difference",
        "level": level,
    }
    return Statistic("rate_difference", estimate, "difference of rates", convention, "probability")


def _lower(table: TwoByTwo, level: float) -> float:
    rates1 = np.arange(table.n1 + 1)[:, None] / table.n1
    rates2 = np.arange(table.n2 + 1)[None, :] / table.n2
    observed = table.x1 / table.n1 - table.x2 / table.n2
    extreme = (rates1 - rates2 >= observed - TIE).astype(np.float64)

    def room(difference: float) -> float:
        worst = np.linspace(max(0.0, -difference), min(1.0, 1.0 - difference), NUISANCE)
        p1 = np.clip(worst + difference, 0.0, 1.0)
        chance = ((probabilities(table.n1, p1) @ extreme) * probabilities(table.n2, worst)).sum(1)
        return (1.0 - level) / 2.0 - float(np.max(chance))

    return crossing(room, -1.0, 1.0)
