"""Effects of endpoints in the subgroups of the study definition; ``subgroup_table`` has the rows.

Sources of the estimators: ``cox.model`` and ``cox.interaction``, ``rates.score_difference`` and
``rates.homogeneity``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from services.analytics.domain.canonical import content_hash
from services.analytics.domain.counted_times import CountedTimes
from services.analytics.domain.cox.interaction import hazard_interaction
from services.analytics.domain.cox.model import cox
from services.analytics.domain.effect_rows import EffectPlan
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.observations import Counts
from services.analytics.domain.proportions import ProportionPlan, succeeded
from services.analytics.domain.rates.homogeneity import difference_homogeneity
from services.analytics.domain.rates.score_difference import score_difference
from services.analytics.domain.rates.table import TwoByTwo
from services.analytics.domain.results import ResultRow
from services.analytics.domain.specification import AnalysisSpec
from services.analytics.domain.subgroup_table import (
    InteractionTest,
    LevelEffects,
    SubgroupTable,
    base_row,
)
from services.analytics.domain.subgroups import Split, split
from services.analytics.domain.subjects import Subject
from shared.study import StudyDefinition
from shared.study.endpoints import ProportionEndpoint


def time_subgroup_rows(
    spec: AnalysisSpec,
    plan: EffectPlan,
    counted: CountedTimes,
) -> Iterator[ResultRow]:
    """The hazard ratio in every subgroup of the endpoint, unstratified within a level."""
    base = base_row(spec.endpoint, spec.population, spec.cutoff)
    for found in counted.splits:
        counts = counted.by_level(found)
        levels = {code: _time_level(each, spec, plan) for code, each in counts.items()}
        tests = {arm: _time_test(arm, counts, levels, spec, plan) for arm in _others(spec)}
        hashed = content_hash([[code, each.inputs_hash] for code, each in counts.items()])
        of_all = replace(base, inputs_hash=hashed)
        yield from SubgroupTable(found, levels, tests).rows(of_all, spec.reference_arm)


def rate_subgroup_rows(
    definition: StudyDefinition,
    endpoint: ProportionEndpoint,
    plan: ProportionPlan,
    subjects: Sequence[Subject],
) -> Iterator[ResultRow]:
    """The difference of rates in every subgroup of the endpoint."""
    base = base_row(plan.endpoint, plan.population, plan.cutoff)
    arms = [arm.code for arm in definition.arms]
    others = [arm for arm in arms if arm != definition.reference_arm]
    for found in _splits(definition, plan.endpoint, subjects, plan):
        sizes = {}
        for code, members in found.members.items():
            happened = [(s.arm, succeeded(definition, endpoint, s, plan.cutoff)) for s in members]
            sizes[code] = {
                arm: (
                    sum(own == arm for own, _ in happened),
                    sum(own == arm and success for own, success in happened),
                )
                for arm in arms
            }
        tables = {
            arm: {code: _table(each[arm], each[definition.reference_arm])
                  for code, each in sizes.items()}
            for arm in others
        }  # fmt: skip
        levels = {
            code: LevelEffects(
                each,
                {arm: score_difference([tables[arm][code]], plan.level).effect for arm in others},
            )
            for code, each in sizes.items()
        }
        tests = {arm: _rate_test(tables[arm], found) for arm in others}
        hashed = content_hash([[code, arm, *pair] for code, each in sizes.items()
                               for arm, pair in each.items()])  # fmt: skip
        of_all = replace(base, inputs_hash=hashed)
        yield from SubgroupTable(found, levels, tests).rows(of_all, definition.reference_arm)


def _splits(
    definition: StudyDefinition,
    endpoint: str,
    subjects: Sequence[Subject],
    plan: ProportionPlan,
) -> Iterator[Split]:
    for subgroup in definition.analysis.subgroups:
        if endpoint in subgroup.endpoints:
            yield split(definition, subgroup, subjects, plan.cutoff)


def _others(spec: AnalysisSpec) -> list[str]:
    return [arm for arm in spec.arms if arm != spec.reference_arm]


def _pair(counts: Counts, arm: str, spec: AnalysisSpec) -> list[LifeTable]:
    return [counts.of_arm(each).table for each in (spec.reference_arm, arm)]


def _time_level(counts: Counts, spec: AnalysisSpec, plan: EffectPlan) -> LevelEffects:
    sizes = {arm: (counts.of_arm(arm).n, counts.of_arm(arm).events) for arm in spec.arms}
    effects = {}
    for arm in _others(spec):
        model = cox([_pair(counts, arm, spec)], plan.ties, spec.minimum_events)
        (found, *_) = model.statistics((spec.reference_arm, arm), spec.level)
        convention = {**found.convention, "minimum_events": spec.minimum_events}
        effects[arm] = replace(found, convention=convention)
    return LevelEffects(sizes, effects)


def _time_test(
    arm: str,
    counts: Mapping[str, Counts],
    levels: Mapping[str, LevelEffects],
    spec: AnalysisSpec,
    plan: EffectPlan,
) -> InteractionTest:
    kept = [c for c, level in levels.items() if level.effects[arm].estimate.value is not None]
    test = hazard_interaction([_pair(counts[code], arm, spec) for code in kept], plan.ties)
    method = f"likelihood-ratio test of interaction, Cox model, {plan.ties.value} ties"
    return InteractionTest(test, method, tuple(code for code in levels if code not in kept))


def _rate_test(tables: Mapping[str, TwoByTwo], found: Split) -> InteractionTest:
    left_out = tuple(code for code in found.levels if not (tables[code].n1 and tables[code].n2))
    method = "score test of homogeneity (Gart and Nam)"
    return InteractionTest(difference_homogeneity(list(tables.values())), method, left_out)


def _table(arm: tuple[int, int], reference: tuple[int, int]) -> TwoByTwo:
    return TwoByTwo(arm[1], arm[0], reference[1], reference[0])
