"""Result rows of weighted log-rank tests: Fleming-Harrington and MaxCombo.

Sources of the estimators: ``logrank`` and ``maxcombo``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.analytics.domain.effect_rows import STRATIFIED, EffectPlan, base_row
from services.analytics.domain.estimate import Convention, Estimate, Statistic
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.logrank import EventWeights, logrank
from services.analytics.domain.maxcombo import MaxCombo, maxcombo
from services.analytics.domain.observations import Counts
from services.analytics.domain.results import ResultRow
from services.analytics.domain.specification import AnalysisSpec
from services.analytics.domain.statistic_rows import statistic_rows

ARM = 0
"""The place of the arm that a positive statistic favours, beside the reference."""


def weighted_rows(counts: Counts, spec: AnalysisSpec, plan: EffectPlan) -> Iterator[ResultRow]:
    """A test of all arms for each of the weights, then MaxCombo of each arm and the reference."""
    weighted = plan.weighted
    others = [arm for arm in spec.arms if arm != spec.reference_arm]
    if weighted is None or not others:
        return
    prefix = STRATIFIED if weighted.stratified else ""
    strata = counts.strata if weighted.stratified else ()
    favoured = others[0] if len(spec.arms) == 2 else None
    base = replace(base_row(counts, spec), convention={"strata": len(strata)})
    for weights in weighted.weights:
        test = logrank(_tables(counts, strata, spec.arms), weights)
        row = replace(base, category=words(weights))
        names = f"{prefix}fleming_harrington_"
        yield from statistic_rows(row, test.statistics(spec.arms, favoured), names)
    for arm in others if weighted.maxcombo else ():
        pair = (arm, spec.reference_arm)
        both = counts.of_arms(pair)
        row = replace(
            base_row(both, spec, counts.inputs_hash),
            contrast=" vs ".join(pair),
            convention=base.convention,
        )
        found = maxcombo(_tables(counts, strata, pair), weighted.weights, ARM)
        yield from statistic_rows(row, _statistics(found, arm), prefix)


def words(weights: EventWeights) -> str:
    """The category of a test: its powers."""
    return f"rho {weights.rho:g}, gamma {weights.gamma:g}"


def _tables(counts: Counts, strata: Sequence[str], arms: Sequence[str]) -> list[list[LifeTable]]:
    parts = [counts.of_stratum(each) for each in strata] or [counts]
    return [[part.of_arm(arm).table for arm in arms] for part in parts]


def _statistics(found: MaxCombo, arm: str) -> Iterator[Statistic]:
    convention: Convention = {
        "weights": "; ".join(words(each) for each in found.weights),
        "direction": f"positive: fewer events than expected in {arm}",
    }
    for name, value, unit, sides in (
        ("maxcombo_z", found.largest, "1", 1),
        ("maxcombo_p_one_sided", found.p_one_sided, "probability", 1),
        ("maxcombo_p_two_sided", found.p_two_sided, "probability", 2),
    ):
        estimate = Estimate(value, reason=found.reason)
        yield Statistic(name, estimate, "MaxCombo test", {**convention, "sides": sides}, unit)
