"""Result rows of adverse events: subjects with at least one, in all and by worst grade."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from services.analytics.domain.adverse_events import (
    AdverseEvent,
    adverse_events,
    by_term,
    grades,
    of_kind,
    worst_grade,
)
from services.analytics.domain.canonical import content_hash
from services.analytics.domain.group_rows import OWN
from services.analytics.domain.proportions import ProportionPlan, Share, percent_of
from services.analytics.domain.results import POOLED, OutputClass, ResultRow
from services.analytics.domain.statistic_rows import with_estimate
from services.analytics.domain.subjects import Subject
from shared.study import StudyDefinition
from shared.study.endpoints import AdverseEventEndpoint

Events = Mapping[str, tuple[AdverseEvent, ...]]
"""Events by subject; a subject without events has an entry too."""


@dataclass(frozen=True, slots=True)
class _Table:
    """What is counted: a category, and the worst grade of each subject in it (None: no event)."""

    category: str
    worst: Mapping[str, str | None]


def adverse_event_rows(
    definition: StudyDefinition,
    endpoint: AdverseEventEndpoint,
    plan: ProportionPlan,
    subjects: Sequence[Subject],
) -> list[ResultRow]:
    """Rows of all arms pooled (open), then of each arm (closed).

    A category is a summary of the definition (``serious``), or, where events are counted by term,
    the summary with system organ class and term.
    """
    found = {each.id: adverse_events(definition, endpoint, each) for each in subjects}
    arms = {each.id: each.arm for each in subjects}
    tables = list(_tables(definition, endpoint, found))
    levels = tuple(grades(definition, endpoint))
    groups = [(POOLED, tuple(found), OutputClass.OPEN)]
    groups += [
        (arm.code, tuple(s for s in found if arms[s] == arm.code), OutputClass.CLOSED)
        for arm in definition.arms
    ]
    by_arm = content_hash(
        [[arms[s], t.category, t.worst[s]] for t in tables for s in sorted(found)]
    )
    rows: list[ResultRow] = []
    for label, members, output_class in groups:
        used = [[t.category, sorted(str(t.worst[s]) for s in members)] for t in tables]
        inputs = content_hash(used) if output_class is OutputClass.OPEN else by_arm
        base = _base(plan, label, len(members), inputs, output_class)
        rows.append(base)
        for table in tables:
            rows += _counted(base, plan, table, members, levels)
    return rows


def _tables(
    definition: StudyDefinition, endpoint: AdverseEventEndpoint, found: Events
) -> Iterator[_Table]:
    for summary in endpoint.summaries:
        counted = {
            subject: of_kind(definition, summary, events) for subject, events in found.items()
        }
        yield _Table(summary.id, {s: worst_grade(events) for s, events in counted.items()})
        if endpoint.by == "term":
            yield from _by_term(summary.id, counted)


def _by_term(summary: str, counted: Events) -> Iterator[_Table]:
    """Each system organ class, then its terms: a subject once at each level."""
    classes = {s: _by_class(events) for s, events in counted.items()}
    terms = {s: by_term(events) for s, events in counted.items()}
    for organ_class in sorted({each for own in classes.values() for each in own}):
        worst = {s: worst_grade(own.get(organ_class, ())) for s, own in classes.items()}
        yield _Table(f"{summary}: {organ_class}", worst)
        names = sorted({name for own in terms.values() for of, name in own if of == organ_class})
        for name in names:
            worst = {s: worst_grade(own.get((organ_class, name), ())) for s, own in terms.items()}
            yield _Table(f"{summary}: {organ_class}: {name}", worst)


def _by_class(events: Sequence[AdverseEvent]) -> dict[str, list[AdverseEvent]]:
    found: dict[str, list[AdverseEvent]] = {}
    for each in events:
        found.setdefault(each.organ_class, []).append(each)
    return found


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
    table: _Table,
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
