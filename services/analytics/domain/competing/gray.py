"""Gray's test of equal cumulative incidence of one cause, plain or over strata.

Source: Gray 1988, with rho = 0 and the correction for tied events of cmprsk.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.analytics.domain.competing.incidence import shrunk
from services.analytics.domain.competing.table import CompetingTable
from services.analytics.domain.estimate import Estimate, Statistic
from services.analytics.domain.life_table import FloatArray
from services.analytics.domain.score_test import ChiSquare, score_test

NO_EVENTS = "no events of this cause"
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class GrayTest:
    """Score by group, shape (groups,), its covariance (groups, groups), and the test."""

    cause: int
    score: FloatArray
    variance: FloatArray
    test: ChiSquare

    def statistics(self) -> tuple[Statistic, ...]:
        """Chi-square and its p."""
        convention = {
            "cause": self.cause,
            "rho": 0,
            "degrees_of_freedom": self.test.degrees_of_freedom,
        }
        return tuple(
            Statistic(
                name, Estimate(value, reason=self.test.reason), "Gray's test", convention, unit
            )
            for name, value, unit in (
                ("gray_chi_square", self.test.statistic, "1"),
                ("gray_p", self.test.p, "probability"),
            )
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Days:
    """Event days of a stratum, arrays (groups, days) but for ``pooled_before`` (days,).

    ``survival`` and ``incidence`` are each group's own, just before and just after a
    day; ``share`` is at risk over survival before, 0 where nobody is at risk.
    """

    events: FloatArray
    competing: FloatArray
    at_risk: FloatArray
    survival_before: FloatArray
    survival: FloatArray
    incidence_before: FloatArray
    share: FloatArray


def gray(strata: Sequence[Sequence[CompetingTable]]) -> GrayTest:
    """Compare groups; ``strata[s][k]`` is the table of group k in stratum s, all of one cause."""
    groups = len(strata[0])
    score, variance = np.zeros(groups), np.zeros((groups, groups))
    taking_part, events = np.zeros(groups), 0
    for tables in strata:
        days = _days(tables)
        if not days.events.any():
            continue
        score += _score(days)
        variance += _variance(days)
        taking_part += days.share.sum(axis=1)
        events += int(days.events.sum())
    nothing = ChiSquare(None, 0, NO_EVENTS)
    test = score_test(score, variance, taking_part, events) if events else nothing
    return GrayTest(strata[0][0].cause, score, variance, test)


def _days(tables: Sequence[CompetingTable]) -> _Days:
    any_cause = [table.of_any_cause() for table in tables]
    of_cause = [table.of_cause() for table in tables]
    times = np.unique(np.concatenate([table.times[table.events > 0] for table in any_cause]))
    at_risk = np.array([table.at_risk_at(times) for table in any_cause], dtype=np.float64)
    failing = np.array([table.events_at(times) for table in any_cause], dtype=np.float64)
    events = np.array([table.events_at(times) for table in of_cause], dtype=np.float64)
    present = at_risk > 0
    safe = np.where(present, at_risk, 1.0)
    survival = np.cumprod(1.0 - failing / safe, axis=1, dtype=np.float64)
    start = np.ones((len(tables), 1))
    survival_before = np.hstack([start, survival[:, :-1]])
    incidence = np.cumsum(survival_before * events / safe, axis=1, dtype=np.float64)
    incidence_before = np.hstack([0.0 * start, incidence[:, :-1]])
    share = np.zeros(at_risk.shape)
    share[present] = at_risk[present] / survival_before[present]
    return _Days(
        events,
        failing - events,
        at_risk,
        survival_before,
        survival,
        incidence_before,
        share,
    )


def _score(days: _Days) -> FloatArray:
    expecting = days.share * (1.0 - days.incidence_before)
    total, events = expecting.sum(axis=0), days.events.sum(axis=0)
    expected = np.zeros(expecting.shape)
    open_days = total > 0
    expected[:, open_days] = (events * expecting)[:, open_days] / total[open_days]
    score: FloatArray = (days.events - expected).sum(axis=1)
    return score


def _variance(days: _Days) -> FloatArray:
    groups = days.share.shape[0]
    pooled = days.share.sum(axis=0)
    events = days.events.sum(axis=0)
    jumps = events / pooled
    after = np.cumsum(jumps)
    before = np.append(0.0, after[:-1])
    # slope[i, k] is what the score of group i gains from a unit of hazard in group k.
    slope = -days.share[:, None, :] * days.share[None, :, :] / pooled
    slope[np.arange(groups), np.arange(groups)] += days.share
    # Nobody is left to fail where the pooled incidence is 1: the hazard there is not defined.
    pooled_free = np.where(np.abs(1.0 - before) > ROUNDING, 1.0 - before, np.nan)
    hazard = np.zeros(jumps.shape)
    hazard[events > 0] = (jumps / pooled_free)[events > 0]
    drift = (slope * hazard).cumsum(axis=2)
    remaining = drift - drift[:, :, -1:]
    ratio = np.zeros(days.survival.shape)
    left = days.survival > 0
    np.divide(1.0 - after, days.survival, out=ratio, where=left)
    of_cause = slope - (1.0 - ratio) * remaining
    of_others = ratio * remaining
    for_cause, for_others = _weights(days, pooled, events)
    total: FloatArray = np.einsum("iku,jku,ku->ij", of_cause, of_cause, for_cause)
    total += np.einsum("iku,jku,ku->ij", of_others, of_others, for_others)
    return total


def _weights(days: _Days, pooled: FloatArray, events: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What an event of the cause, and one of the others, adds in each group and on each day."""
    present = days.at_risk > 0
    safe = np.where(present, days.at_risk, 1.0)
    spread = np.ones(safe.shape)
    tied = present & (events > 1)
    pooled_here = pooled * days.survival_before
    spread[tied] -= (np.broadcast_to(events - 1.0, safe.shape)[tied]) / (pooled_here[tied] - 1.0)
    of_cause = np.where(present, spread * days.survival_before * events / (pooled * safe), 0.0)
    of_others = shrunk(days.competing, safe) * (days.survival_before / safe) ** 2
    return of_cause, np.where(days.survival > 0, of_others, 0.0)
