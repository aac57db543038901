"""Cox's partial likelihood of arms, computed on counts.

Sources: Cox 1972; Breslow 1974 and Efron 1977 for tied events. With D events at one
time of one stratum Efron's form has D terms: in term l the risk set is
W_k = r_k - (l / D) d_k of each arm k, l = 0, ..., D - 1. Breslow's has the first one
D times.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from services.analytics.domain.cox.tied_terms import tied_terms
from services.analytics.domain.life_table import FloatArray, LifeTable


class Ties(StrEnum):
    """How events on one day enter the partial likelihood."""

    EFRON = "efron"
    BRESLOW = "breslow"


@dataclass(frozen=True, slots=True, eq=False)
class PartialLikelihood:
    """The terms of all strata.

    - ``times`` (event times,) days, those of one stratum after those of another;
    - ``events`` (event times, arms), the events of each arm;
    - ``risk`` (terms, arms), the weight of each arm in a term's risk set;
    - ``multiplicity`` (terms,), how often the term counts;
    - ``event_time`` (terms,), the index of the term's event time.
    """

    times: FloatArray
    events: FloatArray
    risk: FloatArray
    multiplicity: FloatArray
    event_time: NDArray[np.int64]

    @classmethod
    def of(cls, strata: Sequence[Sequence[LifeTable]], ties: Ties) -> Self:
        """The terms of ``strata[s][k]``, the table of arm k in stratum s."""
        times, events, at_risk = (
            np.concatenate(each) for each in zip(*map(_event_times, strata), strict=True)
        )
        deaths = events.sum(axis=1)
        if ties is Ties.BRESLOW:
            return cls(times, events, at_risk, deaths, np.arange(times.size))
        event_time, gone, counted = tied_terms(events, at_risk)
        risk = at_risk[event_time] - gone[:, None] * events[event_time]
        return cls(times, events, risk, counted, event_time)

    @property
    def observed(self) -> FloatArray:
        """Events by arm, shape (arms,)."""
        totals: FloatArray = self.events.sum(axis=0)
        return totals

    def log_likelihood(self, log_hazards: FloatArray) -> float:
        """At log hazards (arms,) relative to the reference."""
        totals = self.risk @ np.exp(log_hazards)
        return float(self.observed @ log_hazards - self.multiplicity @ np.log(totals))

    def shares(self, log_hazards: FloatArray) -> FloatArray:
        """Probability, shape (terms, arms), that a term's event falls in each arm."""
        weighted = self.risk * np.exp(log_hazards)
        shares: FloatArray = weighted / weighted.sum(axis=1, keepdims=True)
        return shares

    def score(self, shares: FloatArray) -> FloatArray:
        """Observed less expected events by arm, shape (arms,)."""
        return self.observed - self.multiplicity @ shares

    def information(self, shares: FloatArray, weights: FloatArray | None = None) -> FloatArray:
        """Sum of the terms' multinomial covariances, shape (arms, arms).

        With ``weights`` (terms,) each term counts by its weight.
        """
        counted = self.multiplicity if weights is None else self.multiplicity * weights
        weighted = shares * counted[:, None]
        total: FloatArray = np.diag(weighted.sum(axis=0)) - weighted.T @ shares
        return total


def _event_times(tables: Sequence[LifeTable]) -> tuple[FloatArray, FloatArray, FloatArray]:
    times = np.unique(np.concatenate([table.times[table.events > 0] for table in tables]))
    events = [table.events_at(times) for table in tables]
    at_risk = [table.at_risk_at(times) for table in tables]
    return times, np.array(events, dtype=np.float64).T, np.array(at_risk, dtype=np.float64).T
