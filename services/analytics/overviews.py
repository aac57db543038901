"""Pictures of a night beside the survival curves: flow of participants, time on study, subgroups,
cumulative incidence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from services.analytics.domain.competing.table import CauseCount
from services.analytics.domain.courses import Lane, lanes
from services.analytics.domain.cutoff import CutData
from services.analytics.domain.first_event import first_event
from services.analytics.domain.flow_chart import flow_chart
from services.analytics.domain.forest import forests
from services.analytics.domain.incidence_panel import incidence_panel
from services.analytics.domain.plans import (
    NotComputed,
    Task,
    in_axis_units,
    plan_of,
    text_of,
    versions_of,
)
from services.analytics.domain.results import EVERYBODY, FLOW, OutputClass, ResultRow
from services.analytics.domain.subjects import Subject
from services.analytics.domain.swimmer import MOST_LANES, SWIMMER, TOO_MANY, swimmer_sheets
from services.analytics.figures import (
    draw_flow,
    draw_forest,
    draw_kaplan_meier,
    draw_swimmer,
)
from services.analytics.report.outline import Picture
from shared import __version__
from shared.study import StudyDefinition
from shared.study.endpoints import ProportionEndpoint


@dataclass(frozen=True, slots=True)
class Overview:
    """A picture of a night: the name of its files, and where a report looks for it."""

    name: str
    place: tuple[str, str]
    output_class: OutputClass
    picture: Picture


def flow_overviews(definition: StudyDefinition, rows: Sequence[ResultRow]) -> Iterator[Overview]:
    """The flow of participants, pooled and by arm."""
    for output_class in OutputClass:
        chart = flow_chart(definition, rows, output_class, versions_of(definition, __version__))
        drawn = draw_flow(chart, declared_open=definition.analysis.shows_arms_openly)
        picture = Picture.of("Flow of participants", drawn)
        yield Overview(FLOW, (FLOW, EVERYBODY), output_class, picture)


def courses_of(
    definition: StudyDefinition, data: CutData, subjects: Sequence[Subject]
) -> list[Lane]:
    """A lane a subject where the definition says what to draw; else none."""
    disposition = definition.disposition
    if disposition is None or disposition.course is None:
        return []
    return lanes(definition, disposition, disposition.course, subjects, data.cutoff)


def swimmer_overviews(
    definition: StudyDefinition, data: CutData, courses: Sequence[Lane]
) -> Iterator[Overview]:
    """The sheets of the swimmer plot: closed, as a single subject's doses tell its arm."""
    disposition = definition.disposition
    if disposition is None or disposition.course is None or len(courses) > MOST_LANES:
        return
    versions = versions_of(definition, __version__)
    for sheet in swimmer_sheets(definition, disposition.course, courses, data.cutoff, versions):
        drawn = draw_swimmer(sheet, declared_open=definition.analysis.shows_arms_openly)
        picture = Picture.of("Time on study of each subject", drawn)
        yield Overview(sheet.name, (SWIMMER, sheet.name), OutputClass.CLOSED, picture)


def forest_overviews(definition: StudyDefinition, rows: Sequence[ResultRow]) -> Iterator[Overview]:
    """A forest plot of every comparison in subgroups: closed, as it compares arms."""
    labels = {endpoint.paramcd: endpoint.label for endpoint in definition.endpoints}
    versions = versions_of(definition, __version__)
    told = [row.to_json() for row in rows if row.output_class is OutputClass.CLOSED]
    for forest in forests(told, definition.id, labels, versions):
        drawn = draw_forest(forest, declared_open=definition.analysis.shows_arms_openly)
        place = (forest.name, forest.population)
        yield Overview(forest.name, place, OutputClass.CLOSED, Picture.of(forest.title, drawn))


def incidence_overviews(
    definition: StudyDefinition,
    endpoint: ProportionEndpoint,
    task: Task,
    cutoff: date,
    counts: Sequence[CauseCount],
    rows: Sequence[ResultRow],
) -> Iterator[Overview]:
    """The cumulative incidence of a success that another event precludes, pooled and by arm."""
    timed = Task(first_event(endpoint), task.population, task.pooled)
    spec = in_axis_units(definition, plan_of(definition, timed, cutoff))
    text = text_of(definition, timed, __version__)
    competing = [definition.event_source(each).description for each in endpoint.competing]
    for output_class in OutputClass:
        if output_class is OutputClass.OPEN and not task.pooled:
            continue
        panel = incidence_panel(counts, spec, text, competing, output_class, rows)
        drawn = draw_kaplan_meier(panel, declared_open=definition.analysis.shows_arms_openly)
        picture = Picture.of(f"{endpoint.label}: cumulative incidence", drawn)
        place = (endpoint.paramcd, task.population.id)
        yield Overview(task.figure, place, output_class, picture)


def not_drawn(courses: Sequence[Lane]) -> list[NotComputed]:
    """What is too large for a picture, for the manifest."""
    if len(courses) <= MOST_LANES:
        return []
    return [NotComputed(SWIMMER, EVERYBODY, "swimmer plot", TOO_MANY)]
