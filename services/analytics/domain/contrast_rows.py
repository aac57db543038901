"""Result rows of the comparison of arms."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from services.analytics.domain.agreement import EngineCheck
from services.analytics.domain.engine_port import SurvivalEngine, compare_logrank
from services.analytics.domain.estimate import Estimate
from services.analytics.domain.group_rows import OWN
from services.analytics.domain.logrank import EventWeights, LogRank, logrank
from services.analytics.domain.observations import Counts
from services.analytics.domain.results import JsonValue, OutputClass, ResultRow
from services.analytics.domain.specification import AnalysisSpec, SurvivalTest
from services.analytics.domain.statistic_rows import with_estimate

ONE_STRATUM = "one stratum: the stratified test is the plain one"


@dataclass(frozen=True, slots=True)
class ContrastEstimate:
    """One test with the counts it was computed from."""

    name: SurvivalTest
    test: LogRank
    counts: Counts


def estimate_contrast(
    name: SurvivalTest,
    counts: Counts,
    spec: AnalysisSpec,
    engine: SurvivalEngine,
    check: EngineCheck,
) -> ContrastEstimate:
    """Run one test over all arms; record the comparison where the library has the test."""
    strata = counts.strata if name.is_stratified else ()
    parts = [counts.of_stratum(stratum) for stratum in strata] or [counts]
    tables = [[part.of_arm(arm).table for arm in spec.arms] for part in parts]
    weighted = name in {SurvivalTest.PETO_PETO, SurvivalTest.STRATIFIED_PETO_PETO}
    test = logrank(tables, EventWeights.PETO_PETO if weighted else EventWeights.LOGRANK)
    if name is SurvivalTest.LOGRANK and test.chi_square is not None:
        filled = [table for table in tables[0] if table.n]
        where = f"{spec.endpoint} {spec.population} {spec.contrast}"
        compare_logrank(check, where, test.chi_square, engine.logrank(filled))
    return ContrastEstimate(name, test, counts)


def contrast_rows(contrast: ContrastEstimate, spec: AnalysisSpec) -> Iterator[ResultRow]:
    """Chi-square with its degrees of freedom and p, observed and expected by arm.

    Two arms also have z and its one-sided p in favour of the arm that is not the
    reference.
    """
    test, counts, name = contrast.test, contrast.counts, contrast.name.value
    base = ResultRow(
        endpoint=spec.endpoint,
        population=spec.population,
        contrast=spec.contrast,
        statistic=f"{name}_degrees_of_freedom",
        value=float(test.degrees_of_freedom),
        method=contrast.name.label,
        convention=_convention(contrast),
        unit="1",
        n=counts.n,
        events=counts.events,
        cutoff=spec.cutoff,
        inputs_hash=counts.inputs_hash,
        engine=OWN,
        output_class=OutputClass.CLOSED,
        warnings=tuple(_warnings(contrast, spec)),
    )
    yield _valued(base, f"{name}_chi_square", test.chi_square, test)
    yield base if test.chi_square is not None else _valued(base, base.statistic, None, test)
    two_sided = replace(base, convention={**base.convention, "sides": 2}, unit="probability")
    yield _valued(two_sided, f"{name}_p_two_sided", test.p_two_sided, test)
    if len(spec.arms) == 2:
        yield from _one_sided_rows(base, test, spec, name)
    for index, arm in enumerate(spec.arms):
        of_arm = counts.of_arm(arm)
        row = replace(
            base, contrast=None, group=arm, unit="events", n=of_arm.n, events=of_arm.events
        )
        yield replace(row, statistic=f"{name}_observed", value=float(test.observed[index]))
        yield replace(row, statistic=f"{name}_expected", value=float(test.expected[index]))


def _one_sided_rows(
    base: ResultRow, test: LogRank, spec: AnalysisSpec, name: str
) -> Iterator[ResultRow]:
    favoured = next(i for i, arm in enumerate(spec.arms) if arm != spec.reference_arm)
    direction = f"positive: fewer events than expected in {spec.arms[favoured]}"
    row = replace(base, convention={**base.convention, "sides": 1, "direction": direction})
    yield _valued(row, f"{name}_z", test.z(favoured), test)
    row = replace(row, unit="probability")
    yield _valued(row, f"{name}_p_one_sided", test.p_one_sided(favoured), test)


def _valued(row: ResultRow, statistic: str, value: float | None, test: LogRank) -> ResultRow:
    return with_estimate(replace(row, statistic=statistic), Estimate(value, reason=test.reason))


def _convention(contrast: ContrastEstimate) -> dict[str, JsonValue]:
    weighted = contrast.test.weights == EventWeights.PETO_PETO
    stratified = contrast.name.is_stratified
    return {
        "weights": "survival just before the event" if weighted else "none",
        "variance": "hypergeometric",
        "strata": len(contrast.counts.strata) if stratified else 0,
        "degrees_of_freedom": contrast.test.degrees_of_freedom,
    }


def _warnings(contrast: ContrastEstimate, spec: AnalysisSpec) -> Iterator[str]:
    if contrast.name.is_stratified and len(contrast.counts.strata) == 1:
        yield ONE_STRATUM
    yield from few_events(contrast.counts, spec)
    if 0 < contrast.test.degrees_of_freedom < len(spec.arms) - 1:
        yield f"{contrast.test.degrees_of_freedom + 1} of {len(spec.arms)} arms can be compared"


def few_events(counts: Counts, spec: AnalysisSpec) -> Iterator[str]:
    """A warning for each arm with fewer events than the study definition asks for."""
    for arm in spec.arms:
        events = counts.of_arm(arm).events
        if events < spec.minimum_events:
            yield f"{events} events in {arm}, fewer than {spec.minimum_events}"
