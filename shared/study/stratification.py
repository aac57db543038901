"""The stratum of a child, from the values brought to the gate."""

from collections.abc import Mapping

from shared.study.analysis import Threshold
from shared.study.predicate import Truth, evaluate
from shared.study.randomization import Randomization
from shared.study.values import Value


def derive_levels(
    randomization: Randomization,
    values: Mapping[str, Value | None],
    thresholds: Mapping[str, Threshold],
) -> dict[str, str]:
    """Factor to level for every factor whose level follows from `values` (eligibility items).

    The first level whose `when` is TRUE; a factor that a missing value leaves open, or whose levels
    are not derived at all, has no key. A level before it that is undetermined leaves it open too.
    """
    found: dict[str, str] = {}
    for factor in randomization.strata:
        for level in factor.levels:
            truth = Truth.FALSE if level.when is None else evaluate(level.when, values, thresholds)
            if truth is Truth.TRUE:
                found[factor.factor] = level.code
            if truth is not Truth.FALSE:
                break
    return found
