"""Result rows that compare the success rates of arms, by the tests the definition names.

The strata are those of randomization, taken from the allocation. Sources of the estimators:
``rates.score_difference`` (Miettinen and Nurminen 1985), ``rates.mantel_haenszel`` and
``rates.exact_tests``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from services.analytics.domain.canonical import content_hash
from services.analytics.domain.estimate import Statistic
from services.analytics.domain.group_rows import OWN
from services.analytics.domain.proportions import ProportionPlan, Share, succeeded
from services.analytics.domain.rates.exact_tests import fisher, suissa_shuster
from services.analytics.domain.rates.mantel_haenszel import mantel_haenszel
from services.analytics.domain.rates.score_difference import score_difference
from services.analytics.domain.rates.table import TwoByTwo
from services.analytics.domain.results import OutputClass, ResultRow
from services.analytics.domain.statistic_rows import statistic_rows
from services.analytics.domain.subjects import Subject
from shared.study import StudyDefinition
from shared.study.endpoints import ProportionEndpoint, ProportionTest

ByStratum = Mapping[str, Mapping[str, Share]]
"""The share of each arm in each stratum that holds a subject."""
NOBODY = Share(0, 0)
STRATIFIED_TESTS = frozenset({"miettinen_nurminen_stratified", "cochran_mantel_haenszel"})
_EXACT: Mapping[ProportionTest, Callable[[TwoByTwo], Statistic]] = {
    "fisher": fisher,
    "exact_unconditional": suissa_shuster,
}


def shares_by_stratum(
    definition: StudyDefinition,
    endpoint: ProportionEndpoint,
    subjects: Iterable[Subject],
    cutoff: date,
) -> dict[str, dict[str, Share]]:
    """Successes and subjects by stratum of randomization (in canonical order) and arm."""
    found: dict[str, dict[str, Share]] = {}
    for subject in subjects:
        arms = found.setdefault(subject.allocated.stratum, {})
        share = arms.get(subject.arm, NOBODY)
        success = succeeded(definition, endpoint, subject, cutoff)
        arms[subject.arm] = Share(share.successes + success, share.subjects + 1)
    return dict(sorted(found.items()))


def proportion_contrast_rows(
    definition: StudyDefinition,
    plan: ProportionPlan,
    tests: Sequence[ProportionTest],
    strata: ByStratum,
) -> Iterator[ResultRow]:
    """Each arm against the reference by each of ``tests``; closed, because it is by arm."""
    reference = definition.reference_arm
    inputs = content_hash(
        [
            [stratum, arm, share.successes, share.subjects]
            for stratum, arms in strata.items()
            for arm, share in sorted(arms.items())
        ]
    )
    for arm in (each.code for each in definition.arms):
        if arm != reference:
            tables = [_table(arms, arm, reference) for arms in strata.values()]
            base = _base(plan, f"{arm} vs {reference}", tables, inputs)
            for test in tests:
                prefix = "stratified_" if test == "miettinen_nurminen_stratified" else ""
                yield from statistic_rows(base, _statistics(test, tables, plan.level), prefix)


def _table(arms: Mapping[str, Share], arm: str, reference: str) -> TwoByTwo:
    one, other = arms.get(arm, NOBODY), arms.get(reference, NOBODY)
    return TwoByTwo(one.successes, one.subjects, other.successes, other.subjects)


def _statistics(
    test: ProportionTest, tables: Sequence[TwoByTwo], level: float
) -> Iterator[Statistic]:
    if test in _EXACT:
        found = _EXACT[test](_together(tables))
        yield replace(found, convention={**found.convention, "strata": 1})
        return
    if test == "cochran_mantel_haenszel":
        compared = sum(1 for each in tables if each.n1 and each.n2)
        for each in mantel_haenszel(tables, level).statistics():
            yield replace(each, convention={**each.convention, "strata": compared})
        return
    used = [_together(tables)] if test == "miettinen_nurminen" else tables
    yield from score_difference(used, level).statistics()


def _together(tables: Sequence[TwoByTwo]) -> TwoByTwo:
    return TwoByTwo(
        sum(each.x1 for each in tables),
        sum(each.n1 for each in tables),
        sum(each.x2 for each in tables),
        sum(each.n2 for each in tables),
    )


def _base(
    plan: ProportionPlan, contrast: str, tables: Sequence[TwoByTwo], inputs: str
) -> ResultRow:
    every = _together(tables)
    return ResultRow(
        endpoint=plan.endpoint,
        population=plan.population,
        contrast=contrast,
        statistic="n",
        value=0.0,
        method="",
        convention={"missing": "failure"},
        unit="subjects",
        n=every.n1 + every.n2,
        events=every.x1 + every.x2,
        cutoff=plan.cutoff,
        inputs_hash=inputs,
        engine=OWN,
        output_class=OutputClass.CLOSED,
    )
