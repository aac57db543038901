"""Result rows of sizes of effect on time: hazard ratio, restricted mean, survival at landmarks,
difference of medians, length of follow-up.

Tests of equal survival are ``contrast_rows``. Sources of the estimators: ``cox.model``,
``cox.proportional_hazards``, ``restricted_mean``, ``milestone`` and ``reverse_kaplan_meier``.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from services.analytics.domain.contrast_rows import few_events
from services.analytics.domain.cox.model import cox
from services.analytics.domain.cox.partial_likelihood import Ties
from services.analytics.domain.cox.proportional_hazards import proportional_hazards
from services.analytics.domain.estimate import Statistic
from services.analytics.domain.group_rows import OWN, in_units
from services.analytics.domain.kaplan_meier import kaplan_meier
from services.analytics.domain.logrank import EventWeights
from services.analytics.domain.median_difference import Draws, median_difference
from services.analytics.domain.milestone import milestone_difference
from services.analytics.domain.observations import Counts
from services.analytics.domain.restricted_mean import restricted_mean
from services.analytics.domain.restricted_mean_comparison import compare_restricted_means
from services.analytics.domain.results import POOLED, OutputClass, ResultRow
from services.analytics.domain.reverse_kaplan_meier import ReverseTies, follow_up
from services.analytics.domain.specification import AnalysisSpec, SurvivalTest
from services.analytics.domain.statistic_rows import statistic_rows

STRATIFIED = "stratified_"
HAZARD_RATIO = "hazard_ratio"


@dataclass(frozen=True, slots=True)
class WeightedPlan:
    """Weighted log-rank tests: their weights, over strata or not, and whether MaxCombo is asked."""

    weights: tuple[EventWeights, ...]
    stratified: bool
    maxcombo: bool


@dataclass(frozen=True, slots=True)
class EffectPlan:
    """What the definition says of effects: ``tau_days`` None means that no mean is computed.

    Without ``compared`` there is nothing about one arm against another; without ``replicates`` (of
    resampled subjects) no difference of medians.
    """

    tau_days: float | None
    ties: Ties
    follow_up_ties: ReverseTies
    compared: bool
    weighted: WeightedPlan | None = None
    replicates: int | None = None


def effect_rows(counts: Counts, spec: AnalysisSpec, plan: EffectPlan) -> Iterator[ResultRow]:
    """Rows of all arms pooled (open), of each arm, then of each arm against the reference."""
    yield from _group_rows(counts, spec, plan, None)
    for arm in spec.arms:
        yield from _group_rows(counts, spec, plan, arm)
    others = [arm for arm in spec.arms if arm != spec.reference_arm]
    if plan.compared and others:
        yield from _cox_rows(counts, spec, plan, "")
        if SurvivalTest.STRATIFIED_LOGRANK in spec.tests:
            yield from _cox_rows(counts, spec, plan, STRATIFIED)
        for arm in others:
            yield from _mean_contrast_rows(counts, spec, plan, arm)
            yield from _milestone_rows(counts, spec, arm)
            yield from _median_rows(counts, spec, plan, arm)


def _group_rows(
    counts: Counts, spec: AnalysisSpec, plan: EffectPlan, arm: str | None
) -> Iterator[ResultRow]:
    used = counts.pooled() if arm is None else counts.of_arm(arm)
    table = used.table
    base = replace(
        base_row(used, spec, "" if arm is None else counts.inputs_hash),
        contrast=None,
        group=arm or POOLED,
        output_class=OutputClass.OPEN if arm is None else OutputClass.CLOSED,
    )
    watched = follow_up(table, spec.level, plan.follow_up_ties, spec.conf_type)
    yield from statistic_rows(base, _reported(watched.statistics(), spec))
    if plan.tau_days is not None:
        at_tau = replace(base, timepoint=spec.in_units(plan.tau_days))
        mean = restricted_mean(table, plan.tau_days)
        yield from statistic_rows(at_tau, _reported(mean.statistics(spec.level), spec))


def _cox_rows(
    counts: Counts, spec: AnalysisSpec, plan: EffectPlan, prefix: str
) -> Iterator[ResultRow]:
    """Hazard ratios to the reference, tests of the model, and of proportional hazards."""
    arms = (spec.reference_arm, *(arm for arm in spec.arms if arm != spec.reference_arm))
    names = counts.strata if prefix else ()
    parts = [counts.of_stratum(name) for name in names] or [counts]
    strata = [[part.of_arm(arm).table for arm in arms] for part in parts]
    base = replace(
        base_row(counts, spec),
        convention={"strata": len(names)},
        warnings=tuple(few_events(counts, spec)),
    )
    for each in cox(strata, plan.ties, spec.minimum_events).statistics(arms, spec.level):
        if each.name == HAZARD_RATIO:
            of_arm = replace(
                base,
                contrast=f"{each.convention['arm']} vs {spec.reference_arm}",
                convention={**base.convention, "minimum_events": spec.minimum_events},
            )
            yield from statistic_rows(of_arm, [each], prefix)
        else:
            yield from statistic_rows(base, [each], f"{prefix}cox_")
    constant = proportional_hazards(strata, ties=plan.ties)
    yield from statistic_rows(base, constant.statistics(), prefix)


def _mean_contrast_rows(
    counts: Counts, spec: AnalysisSpec, plan: EffectPlan, arm: str
) -> Iterator[ResultRow]:
    if plan.tau_days is None:
        return
    pair = counts.of_arms((arm, spec.reference_arm))
    base = replace(
        base_row(pair, spec, counts.inputs_hash),
        contrast=f"{arm} vs {spec.reference_arm}",
        timepoint=spec.in_units(plan.tau_days),
    )
    of_arm, reference = (counts.of_arm(each).table for each in (arm, spec.reference_arm))
    compared = compare_restricted_means(of_arm, reference, plan.tau_days)
    yield from statistic_rows(base, _reported(compared.statistics(spec.level), spec))


def _milestone_rows(counts: Counts, spec: AnalysisSpec, arm: str) -> Iterator[ResultRow]:
    pair = (arm, spec.reference_arm)
    both = counts.of_arms(pair)
    curves = [kaplan_meier(counts.of_arm(each).table, spec.level, spec.conf_type) for each in pair]
    base = replace(base_row(both, spec, counts.inputs_hash), contrast=" vs ".join(pair))
    for landmark in spec.landmarks:
        at = replace(base, timepoint=float(landmark))
        compared = milestone_difference(curves[0], curves[1], spec.in_days(landmark))
        yield from statistic_rows(at, _reported(compared.statistics(), spec))


def _median_rows(
    counts: Counts, spec: AnalysisSpec, plan: EffectPlan, arm: str
) -> Iterator[ResultRow]:
    if plan.replicates is None:
        return
    pair = (arm, spec.reference_arm)
    both = counts.of_arms(pair)
    base = replace(base_row(both, spec, counts.inputs_hash), contrast=" vs ".join(pair))
    # The data and what is asked of them give the seed: nobody chooses it, no two tables share it.
    told = "\x1f".join((spec.endpoint, spec.population, *pair, both.inputs_hash))
    seed = int.from_bytes(hashlib.sha256(told.encode()).digest()[:8], "big")
    tables = [counts.of_arm(each).table for each in pair]
    found = median_difference(tables[0], tables[1], spec.level, Draws(plan.replicates, seed))
    yield from statistic_rows(base, _reported(found.statistics(), spec))


def _reported(statistics: Iterable[Statistic], spec: AnalysisSpec) -> Iterator[Statistic]:
    """Times in the reporting unit, which is named."""
    for each in statistics:
        unit = {"time_unit": spec.unit, "days_per_unit": str(spec.days_per_unit)}
        named = replace(each, convention={**each.convention, **unit})
        if each.unit == "days":
            named = replace(named, estimate=in_units(each.estimate, spec), unit=spec.unit)
        yield named


def base_row(counts: Counts, spec: AnalysisSpec, inputs_hash: str = "") -> ResultRow:
    """A row of the comparison of all arms, without its number."""
    return ResultRow(
        endpoint=spec.endpoint,
        population=spec.population,
        contrast=spec.contrast,
        statistic="n",
        value=0.0,
        method="",
        unit="",
        n=counts.n,
        events=counts.events,
        cutoff=spec.cutoff,
        inputs_hash=inputs_hash or counts.inputs_hash,
        engine=OWN,
        output_class=OutputClass.CLOSED,
    )
