"""For which arms a hazard ratio exists at all, decided on the counts before any iteration.

The partial likelihood of arms has a finite maximum exactly when the arms cannot be
split in two parts such that, whenever both parts are at risk together, every event
falls in the first. With an arrow from arm i to arm j where j has an event while i is
at risk, that is: every arm can be reached from every other (Ford 1957, for paired
comparisons). Of two arms it means that each has an event while the other is at risk.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.score_test import NO_COMPARISON

MONOTONE_LIKELIHOOD = "monotone likelihood: no finite hazard ratio"
REFERENCE = 0

BoolArray = NDArray[np.bool_]


def arrows(strata: Sequence[Sequence[LifeTable]]) -> BoolArray:
    """(i, j) is true where arm j has an event while arm i, of the same stratum, is at risk."""
    groups = len(strata[0])
    found = np.zeros((groups, groups), dtype=np.bool_)
    for tables in strata:
        for j, table in enumerate(tables):
            times = table.times[table.events > 0]
            for i, other in enumerate(tables):
                found[i, j] |= i != j and bool((other.at_risk_at(times) > 0).any())
    return found


def obstacles(strata: Sequence[Sequence[LifeTable]]) -> tuple[str | None, ...]:
    """For each arm why it has no hazard ratio to the reference (arm 0); None where it has one."""
    return reach_obstacles(arrows(strata))


def reach_obstacles(towards: BoolArray) -> tuple[str | None, ...]:
    """The same of arrows (arms, arms) between the arms."""
    forth, back = _reach(towards), _reach(towards.T)
    together = _reach(towards | towards.T)
    return tuple(
        None
        if forth[arm] and back[arm]
        else MONOTONE_LIKELIHOOD
        if together[arm]
        else NO_COMPARISON
        for arm in range(towards.shape[0])
    )


def _reach(towards: BoolArray) -> BoolArray:
    reached = np.zeros(towards.shape[0], dtype=np.bool_)
    reached[REFERENCE] = True
    for _ in range(towards.shape[0]):
        reached |= towards[reached].any(axis=0)
    return reached
