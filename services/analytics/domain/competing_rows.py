"""Result rows of a success that another event precludes: cumulative incidence and Gray's test.

Whoever dies without the success is not censored but has had the competing event: one less
Kaplan-Meier would count as if the dead might still succeed. Sources of the estimators:
``competing.incidence`` and ``competing.gray``.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from services.analytics.domain.canonical import content_hash
from services.analytics.domain.competing.cause_hazards import cause_hazards
from services.analytics.domain.competing.gray import gray
from services.analytics.domain.competing.incidence import cumulative_incidence
from services.analytics.domain.competing.table import CENSORED, CauseCount, CompetingTable
from services.analytics.domain.endpoint_times import EndpointTime
from services.analytics.domain.follow_up import Censoring
from services.analytics.domain.group_rows import OWN
from services.analytics.domain.proportions import ProportionPlan
from services.analytics.domain.results import POOLED, OutputClass, ResultRow
from services.analytics.domain.statistic_rows import statistic_rows
from shared.study import StudyDefinition
from shared.study.endpoints import ProportionEndpoint

STRATIFIED = "stratified_"
SUCCESS, COMPETING = 1, 2
CATEGORIES = {SUCCESS: "success", COMPETING: "competing"}


def competing_rows(
    definition: StudyDefinition,
    endpoint: ProportionEndpoint,
    plan: ProportionPlan,
    counts: Sequence[CauseCount],
) -> Iterator[ResultRow]:
    """Rows of all arms pooled (open), of each arm (closed), then Gray's test of the successes,
    and ratios of hazards, over the strata of randomization as well where there are several."""
    arms = [arm.code for arm in definition.arms]
    pooled = Counter[tuple[float, int]]()
    for each in counts:
        pooled[each.time, each.cause] += each.subjects
    by_arm = content_hash([[c.arm, c.stratum, c.time, c.cause, c.subjects] for c in counts])
    together = content_hash([[*key, number] for key, number in sorted(pooled.items())])
    base = _base(plan, POOLED, together, OutputClass.OPEN)
    yield from _incidence_rows(definition, plan, base, counts)
    for arm in arms:
        base = _base(plan, arm, by_arm, OutputClass.CLOSED)
        yield from _incidence_rows(definition, plan, base, [c for c in counts if c.arm == arm])
    others = [arm for arm in arms if arm != definition.reference_arm]
    if others:
        contrast = " vs ".join([*others, definition.reference_arm])
        row = _counted(base, CompetingTable.of(counts, SUCCESS))
        row = replace(row, group=None, contrast=contrast, convention={"strata": 0})
        yield from statistic_rows(row, gray([_by_arm(counts, arms)]).statistics())
        strata = sorted({each.stratum for each in counts})
        if len(strata) > 1:
            parts = [
                _by_arm([c for c in counts if c.stratum == stratum], arms) for stratum in strata
            ]
            row = replace(row, convention={"strata": len(strata)})
            yield from statistic_rows(row, gray(parts).statistics(), STRATIFIED)
        yield from _hazard_rows(definition, endpoint, plan, base, counts, ())
        if len(strata) > 1:
            yield from _hazard_rows(definition, endpoint, plan, base, counts, strata)


def _hazard_rows(
    definition: StudyDefinition,
    endpoint: ProportionEndpoint,
    plan: ProportionPlan,
    base: ResultRow,
    counts: Sequence[CauseCount],
    strata: Sequence[str],
) -> Iterator[ResultRow]:
    """Ratios to the reference; without ``strata`` of all subjects together."""
    reference = definition.reference_arm
    arms = [reference, *(arm.code for arm in definition.arms if arm.code != reference)]
    minimum = definition.analysis.minimum_events_for_hazard_ratio
    parts = [[c for c in counts if c.stratum == each] for each in strata] or [[*counts]]
    tables = [_by_arm(part, arms) for part in parts]
    for arm, ratio in cause_hazards(endpoint.hazards, tables, arms, plan.level, minimum):
        pair = [each for each in counts if each.arm in {arm, reference}]
        row = replace(
            _counted(base, CompetingTable.of(pair, SUCCESS)),
            group=None,
            contrast=f"{arm} vs {reference}",
            convention={"minimum_events": minimum, "strata": len(strata)},
        )
        yield from statistic_rows(row, ratio, STRATIFIED if strata else "")


def _by_arm(counts: Sequence[CauseCount], arms: Sequence[str]) -> list[CompetingTable]:
    return [CompetingTable.of((c for c in counts if c.arm == arm), SUCCESS) for arm in arms]


def _incidence_rows(
    definition: StudyDefinition,
    plan: ProportionPlan,
    base: ResultRow,
    counts: Sequence[CauseCount],
) -> Iterator[ResultRow]:
    unit = definition.analysis.reporting_unit
    for cause in (SUCCESS, COMPETING):
        table = CompetingTable.of(counts, cause)
        estimate = cumulative_incidence(table, plan.level)
        for landmark in definition.analysis.landmarks:
            row = replace(
                _counted(base, table),
                timepoint=float(landmark),
                convention={"time_unit": unit.name, "days_per_unit": str(unit.days)},
            )
            days = float(Decimal(landmark) * unit.days)
            yield from statistic_rows(row, estimate.statistics(days))


def _counted(base: ResultRow, table: CompetingTable) -> ResultRow:
    events = int(table.events.sum())
    return replace(base, category=CATEGORIES[table.cause], n=table.n, events=events)


def cause_of(endpoint: ProportionEndpoint, time: EndpointTime) -> int:
    """Whether a time ended in success, in a competing event, or censored."""
    found = time.end.occurrence
    if found is None or time.end.reason is not Censoring.EVENT:
        return CENSORED
    return SUCCESS if found.source in endpoint.successes else COMPETING


def _base(plan: ProportionPlan, group: str, inputs: str, output_class: OutputClass) -> ResultRow:
    return ResultRow(
        endpoint=plan.endpoint,
        population=plan.population,
        group=group,
        statistic="n",
        value=0.0,
        method="",
        unit="",
        n=0,
        events=0,
        cutoff=plan.cutoff,
        inputs_hash=inputs,
        engine=OWN,
        output_class=output_class,
    )
