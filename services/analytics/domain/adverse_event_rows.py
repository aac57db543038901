"""Result rows of adverse events: subjects with at least one, by worst grade, and rates."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.analytics.domain.adverse_event_rates import RatesOfEvents
from services.analytics.domain.adverse_event_tables import EventTable, event_tables
from services.analytics.domain.adverse_events import grades
from services.analytics.domain.canonical import content_hash
from services.analytics.domain.group_rows import OWN
from services.analytics.domain.proportions import ProportionPlan, Share, percent_of
from services.analytics.domain.results import POOLED, OutputClass, ResultRow
from services.analytics.domain.statistic_rows import with_estimate
from services.analytics.domain.subjects import Subject
from shared.study import StudyDefinition
from shared.study.endpoints import AdverseEventEndpoint


def adverse_event_rows(
    definition: StudyDefinition,
    endpoint: AdverseEventEndpoint,
    plan: ProportionPlan,
    subjects: Sequence[Subject],
) -> list[ResultRow]:
    """Rows of all arms pooled (open), then of each arm (closed); ``event_tables`` names the
    categories. Rates are closed; without an exposure in the definition there are none."""
    arms = {each.id: each.arm for each in subjects}
    tables = list(event_tables(definition, endpoint, subjects))
    rates = None
    if endpoint.exposure is not None:
        rates = RatesOfEvents(endpoint.exposure, tables, subjects, plan.cutoff)
    levels = tuple(grades(definition, endpoint))
    groups = [(POOLED, tuple(arms), OutputClass.OPEN)]
    groups += [
        (arm.code, tuple(s for s in arms if arms[s] == arm.code), OutputClass.CLOSED)
        for arm in definition.arms
    ]
    by_arm = content_hash([[arms[s], t.category, t.worst[s]] for t in tables for s in sorted(arms)])
    rows: list[ResultRow] = []
    for label, members, output_class in groups:
        used = [[t.category, sorted(str(t.worst[s]) for s in members)] for t in tables]
        inputs = content_hash(used) if output_class is OutputClass.OPEN else by_arm
        base = _base(plan, label, len(members), inputs, output_class)
        rows.append(base)
        for table in tables:
            rows += _counted(base, plan, table, members, levels)
            if rates is not None:
                rows += rates.rows(base, table.category, members, plan.level)
    return rows


def _base(
    plan: ProportionPlan, label: str, n: int, inputs: str, output_class: OutputClass
) -> ResultRow:
    return ResultRow(
        endpoint=plan.endpoint,
        population=plan.population,
        group=label,
        statistic="n",
        value=float(n),
        method="count",
        convention={"counted": "subjects", "grade": "worst of a subject"},
        unit="subjects",
        n=n,
        events=0,
        cutoff=plan.cutoff,
        inputs_hash=inputs,
        engine=OWN,
        output_class=output_class,
    )


def _counted(
    base: ResultRow,
    plan: ProportionPlan,
    table: EventTable,
    members: Sequence[str],
    levels: Sequence[str],
) -> Iterator[ResultRow]:
    worst = Counter(table.worst[subject] for subject in members)
    having = len(members) - worst[None]
    row = replace(base, category=table.category, statistic="subjects", events=having)
    yield replace(row, value=float(having))
    percent = replace(
        row,
        statistic="percent",
        method="proportion with exact limits",
        convention={**base.convention, "limits": "Clopper-Pearson", "level": plan.level},
        unit="%",
        engine=plan.engine,
    )
    yield with_estimate(percent, percent_of(plan, Share(having, len(members))))
    for level in levels:
        name = f"subjects_{level}" if not level.isdigit() else f"subjects_grade_{level}"
        yield replace(row, statistic=name, value=float(worst[level]), events=worst[level])
