"""Where an endpoint stands at the cutoff: its information and the statistic of its first test."""

from collections.abc import Iterable, Iterator, Sequence

from services.analytics.domain.canonical import content_hash
from services.analytics.domain.estimate import Estimate
from services.analytics.domain.interim_rows import Standing
from services.analytics.domain.logrank import logrank
from services.analytics.domain.observations import Counts
from services.analytics.domain.proportion_contrasts import (
    NOBODY,
    STRATIFIED_TESTS,
    shares_by_stratum,
)
from services.analytics.domain.proportions import ProportionPlan, Share
from services.analytics.domain.rates.score_difference import score_difference
from services.analytics.domain.rates.table import NO_STRATUM, TwoByTwo
from services.analytics.domain.specification import AnalysisSpec, SurvivalTest
from services.analytics.domain.subjects import Subject
from shared.study import StudyDefinition
from shared.study.endpoints import ProportionEndpoint
from shared.study.interim import InterimPlan


def time_standing(counts: Counts, spec: AnalysisSpec) -> Iterator[Standing]:
    """Each arm against the reference by the log-rank test that the endpoint names first; events
    are the information."""
    stratified = bool(spec.tests) and spec.tests[0] is SurvivalTest.STRATIFIED_LOGRANK
    for arm in (each for each in spec.arms if each != spec.reference_arm):
        pair = counts.of_arms((arm, spec.reference_arm))
        parts = [pair.of_stratum(name) for name in pair.strata] if stratified else [pair]
        tables = [
            [part.of_arm(each).table for each in (arm, spec.reference_arm)]
            for part in parts or [pair]
        ]
        test = logrank(tables)
        yield Standing(
            spec.endpoint,
            spec.population,
            f"{arm} vs {spec.reference_arm}",
            pair.events,
            "events",
            Estimate(test.z(0), reason=test.reason),
            "stratified log-rank" if stratified else "log-rank",
            pair.n,
            pair.events,
            pair.inputs_hash,
        )


def rate_standing(
    definition: StudyDefinition,
    endpoint: ProportionEndpoint,
    interim: InterimPlan,
    plan: ProportionPlan,
    subjects: Iterable[Subject],
) -> Iterator[Standing]:
    """Each arm against the reference by the score test of Miettinen and Nurminen, over strata where
    the endpoint's first test is; subjects whose outcome is known are the information."""
    known = [
        each
        for each in subjects
        if not interim.counted_when or any(a in each.anchors for a in interim.counted_when)
    ]
    strata = shares_by_stratum(definition, endpoint, known, plan.cutoff)
    stratified = bool(endpoint.tests) and endpoint.tests[0] in STRATIFIED_TESTS
    reference = definition.reference_arm
    for arm in (each.code for each in definition.arms if each.code != reference):
        tables = [
            _table(arms.get(arm, NOBODY), arms.get(reference, NOBODY)) for arms in strata.values()
        ]
        whole = _together(tables)
        z = score_difference(tables if stratified else [whole], plan.level).z
        counted = whole.n1 + whole.n2
        yield Standing(
            plan.endpoint,
            plan.population,
            f"{arm} vs {reference}",
            counted,
            "subjects",
            Estimate(z, reason=NO_STRATUM if z is None else None),
            f"Miettinen-Nurminen score test{', stratified' if stratified else ''}",
            counted,
            whole.x1 + whole.x2,
            content_hash([[t.x1, t.n1, t.x2, t.n2] for t in tables]),
        )


def _table(arm: Share, reference: Share) -> TwoByTwo:
    return TwoByTwo(arm.successes, arm.subjects, reference.successes, reference.subjects)


def _together(tables: Sequence[TwoByTwo]) -> TwoByTwo:
    return TwoByTwo(
        sum(each.x1 for each in tables),
        sum(each.n1 for each in tables),
        sum(each.x2 for each in tables),
        sum(each.n2 for each in tables),
    )
