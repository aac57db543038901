"""Tests of one table: Fisher's, its mid-p form, the unconditional one, and Pearson's.

Sources: Fisher 1935; Lancaster 1961 for mid-p; Suissa and Shuster 1985 with the bounded
nuisance rate of Berger and Boos 1994; Pearson 1900 with the correction of Yates 1934.
"""

import numpy as np

from services.analytics.domain.estimate import NO_SUBJECTS, Convention, Estimate, Statistic
from services.analytics.domain.life_table import FloatArray
from services.analytics.domain.rates.table import TwoByTwo
from services.analytics.domain.rates.tails import log_choose, probabilities, tail_limits
from services.analytics.domain.score_test import NO_VARIANCE, ChiSquare

# Probabilities this close are ties that rounding has parted.
TIE = 1e-7
NUISANCE = 2001
MOST_SUBJECTS = 1_000_000
TOO_MANY_SUBJECTS = f"an exact method counts no more than {MOST_SUBJECTS:,} subjects"
MOST_TABLES = 1_000_000
TOO_MANY_TABLES = f"an exact method looks at no more than {MOST_TABLES:,} tables"


def fisher(table: TwoByTwo, *, mid_p: bool = False) -> Statistic:
    """Two-sided p: all tables with these margins that are no likelier than this one.

    The mid-p form counts half of this table's own probability. Not estimable beyond a million
    subjects.
    """
    estimate = Estimate(None, reason=NO_SUBJECTS)
    if table.n1 + table.n2 > MOST_SUBJECTS:
        estimate = Estimate(None, reason=TOO_MANY_SUBJECTS)
    elif table.n1 and table.n2:
        found = _given_margins(table)
        own = float(found[table.x1 - max(0, table.x1 + table.x2 - table.n2)])
        p = float(found[found <= own * (1.0 + TIE)].sum()) - (own / 2.0 if mid_p else 0.0)
        estimate = Estimate(min(p, 1.0))
    convention: Convention = {"sides": 2, "mid_p": mid_p}
    return Statistic(
        "fisher_p_two_sided", estimate, "Fisher's exact test", convention, "probability"
    )


def suissa_shuster(table: TwoByTwo, gamma: float = 1e-4) -> Statistic:
    """Two-sided unconditional p of the pooled z statistic.

    The common rate runs over its exact 1 - ``gamma`` interval, and ``gamma`` is added. Not
    estimable beyond a million tables with these numbers of subjects. Raises ValueError for a gamma
    outside (0, 1).
    """
    if not 0 < gamma < 1:
        raise ValueError("gamma lies between 0 and 1")
    estimate = Estimate(None, reason=NO_SUBJECTS)
    if (table.n1 + 1) * (table.n2 + 1) > MOST_TABLES:
        estimate = Estimate(None, reason=TOO_MANY_TABLES)
    elif table.n1 and table.n2:
        own = _pooled_z_squared(table)
        extreme = own >= own[table.x1, table.x2] * (1.0 - TIE)
        lower, upper = tail_limits(
            table.x1 + table.x2, table.n1 + table.n2, 1.0 - gamma, observed_share=1.0
        )
        largest = _largest(table, extreme, np.linspace(lower, upper, NUISANCE))
        estimate = Estimate(min(largest + gamma, 1.0))
    convention: Convention = {"sides": 2, "order": "pooled z", "berger_boos_gamma": gamma}
    method = "Suissa-Shuster unconditional exact test"
    return Statistic("unconditional_p_two_sided", estimate, method, convention, "probability")


def pearson(table: TwoByTwo, *, continuity: bool = False) -> ChiSquare:
    """Chi-square of a 2 x 2 table, by request with Yates' correction for continuity."""
    if not (table.n1 and table.n2):
        return ChiSquare(None, 0, NO_SUBJECTS)
    n, x = table.n1 + table.n2, table.x1 + table.x2
    if x in {0, n}:
        return ChiSquare(None, 0, NO_VARIANCE)
    gap = abs(table.x1 * (table.n2 - table.x2) - table.x2 * (table.n1 - table.x1))
    counted = max(gap - n / 2.0, 0.0) if continuity else float(gap)
    return ChiSquare(n * counted**2 / (table.n1 * table.n2 * x * (n - x)), 1)


def _given_margins(table: TwoByTwo) -> FloatArray:
    """Probability of every x1 that the margins allow, ascending."""
    x = table.x1 + table.x2
    first, last = max(0, x - table.n2), min(table.n1, x)
    ways = log_choose(table.n1)[first : last + 1]
    rest = log_choose(table.n2)[x - last : x - first + 1][::-1]
    found: FloatArray = np.exp(ways + rest - log_choose(table.n1 + table.n2)[x])
    return found


def _pooled_z_squared(table: TwoByTwo) -> FloatArray:
    """z^2 of every table with these numbers of subjects, shape (n1 + 1, n2 + 1)."""
    x1 = np.arange(table.n1 + 1, dtype=np.float64)[:, None]
    x2 = np.arange(table.n2 + 1, dtype=np.float64)[None, :]
    rate = (x1 + x2) / (table.n1 + table.n2)
    variance = rate * (1.0 - rate) * (1.0 / table.n1 + 1.0 / table.n2)
    squared = (x1 / table.n1 - x2 / table.n2) ** 2
    return np.divide(squared, variance, out=np.zeros_like(squared), where=variance > 0)


def _largest(
    table: TwoByTwo, chosen: "np.ndarray[tuple[int, int], np.dtype[np.bool_]]", rates: FloatArray
) -> float:
    """The largest probability of the chosen tables over common ``rates``."""
    within = probabilities(table.n1, rates) @ chosen.astype(np.float64)
    totals = (within * probabilities(table.n2, rates)).sum(axis=1)
    return float(np.max(totals))
