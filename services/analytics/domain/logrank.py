"""Log-rank tests of two or more groups, weighted or not, plain or summed over strata.

Sources: Mantel 1966; Peto and Peto 1972 (the modified Wilcoxon weights: survival of
the whole stratum just before the event); Harrington and Fleming 1982 for its powers;
the groups compared and the degrees of freedom follow ``survdiff`` of R's survival
package: a group that expects no event takes no part.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from services.analytics.domain.chi_square import normal_upper_tail, upper_tail
from services.analytics.domain.estimate import Convention, Estimate, Statistic
from services.analytics.domain.life_table import FloatArray, LifeTable
from services.analytics.domain.score_test import ChiSquare, score_test

NO_EVENTS = "no events"


@dataclass(frozen=True, slots=True)
class EventWeights:
    """How much an event time counts: S^rho (1 - S)^gamma, S the survival just before it.

    Without powers all count the same (log-rank); rho alone weighs early events more (1:
    Peto-Peto), gamma alone late ones.
    """

    LOGRANK: ClassVar["EventWeights"]
    PETO_PETO: ClassVar["EventWeights"]

    rho: float = 0.0
    gamma: float = 0.0

    @property
    def label(self) -> str:
        """The name of the test that weighs so."""
        names = {EventWeights.LOGRANK: "log-rank", EventWeights.PETO_PETO: "Peto-Peto"}
        return names.get(self, f"Fleming-Harrington({self.rho:g}, {self.gamma:g})")

    def of(self, survival: FloatArray) -> FloatArray:
        """The weights of times, from the survival just before each."""
        weights: FloatArray = survival**self.rho * (1.0 - survival) ** self.gamma
        return weights


EventWeights.LOGRANK = EventWeights()
EventWeights.PETO_PETO = EventWeights(rho=1.0)


@dataclass(frozen=True, slots=True, eq=False)
class LogRank:
    """Observed and expected events by group, their covariance, and the test.

    ``observed`` and ``expected`` have shape (groups,), ``variance`` (groups,
    groups); each event counts with its weight. ``chi_square`` is None, with a
    ``reason``, where no test is possible; ``degrees_of_freedom`` is then 0.
    """

    observed: FloatArray
    expected: FloatArray
    variance: FloatArray
    chi_square: float | None
    degrees_of_freedom: int
    reason: str | None = None
    weights: EventWeights = EventWeights.LOGRANK

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

    def statistics(self, arms: Sequence[str], favoured: str | None = None) -> tuple[Statistic, ...]:
        """Chi-square and its two-sided p; the numbers by group are in the arrays.

        With a ``favoured`` one of two ``arms`` also z and its one-sided p. Raises ValueError
        for a favoured arm that is not among two.
        """
        two_sided: Convention = {
            "weights": self.weights.label,
            "sides": 2,
            "degrees_of_freedom": self.degrees_of_freedom,
        }
        rows = [
            self._row("chi_square", self.chi_square, two_sided, "1"),
            self._row("p_two_sided", self.p_two_sided, two_sided, "probability"),
        ]
        if favoured is not None:
            group = list(arms).index(favoured)
            direction = f"positive: fewer events than expected in {favoured}"
            one_sided: Convention = {**two_sided, "sides": 1, "direction": direction}
            rows += [
                self._row("z", self.z(group), one_sided, "1"),
                self._row("p_one_sided", self.p_one_sided(group), one_sided, "probability"),
            ]
        return tuple(rows)

    def _row(self, name: str, value: float | None, convention: Convention, unit: str) -> Statistic:
        estimate = Estimate(value, reason=self.reason)
        return Statistic(name, estimate, f"{self.weights.label} test", convention, unit)


def logrank(
    strata: Sequence[Sequence[LifeTable]], weights: EventWeights = EventWeights.LOGRANK
) -> LogRank:
    """Test equal hazards; ``strata[s][k]`` is the table of group k in stratum s.

    At an event time with D events among N at risk, group k of size r expects
    r D / N, with hypergeometric variance. The plain test is that of one stratum.
    """
    groups = len(strata[0])
    observed, expected = np.zeros(groups), np.zeros(groups)
    variance = np.zeros((groups, groups))
    for tables in strata:
        sums = stratum_sums(tables, weights)
        observed += sums[0]
        expected += sums[1]
        variance += sums[2]
    test = _test(observed, expected, variance)
    return LogRank(
        observed,
        expected,
        variance,
        test.statistic,
        test.degrees_of_freedom,
        test.reason,
        weights,
    )


def stratum_sums(
    tables: Sequence[LifeTable], weights: EventWeights, also: EventWeights | None = None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Observed and expected events of each group in a stratum, weighted, and their covariance.

    With ``also`` the covariance is that with the same sums weighted otherwise.
    """
    times = np.unique(np.concatenate([table.times[table.events > 0] for table in tables]))
    r = np.array([table.at_risk_at(times) for table in tables], dtype=np.float64)
    d = np.array([table.events_at(times) for table in tables], dtype=np.float64)
    at_risk, events = r.sum(axis=0), d.sum(axis=0)
    before = np.append(1.0, np.cumprod(1.0 - events / at_risk)[:-1])[: times.size]
    counted = weights.of(before)
    # r D first: whole numbers, so a group alone in its stratum expects exactly what it has.
    expected = (counted * (r * events / at_risk)).sum(axis=1)
    several = at_risk > 1
    spread = np.zeros(times.shape)
    spread[several] = (events * (at_risk - events))[several] / (at_risk[several] - 1.0)
    spread *= counted * (counted if also is None else also.of(before))
    share = r / at_risk
    variance = np.diag((spread * share).sum(axis=1)) - (spread * share) @ share.T
    return (counted * d).sum(axis=1), expected, variance


def _test(observed: FloatArray, expected: FloatArray, variance: FloatArray) -> ChiSquare:
    if not observed.sum():
        return ChiSquare(None, 0, NO_EVENTS)
    return score_test(observed - expected, variance, expected, float(observed.sum()))
