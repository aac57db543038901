"""Everything a run computes, from cut data to files, by the engines and drawers it is given.

The only caller is ``run``; lifelines, scipy and matplotlib are loaded from here.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version

from services.analytics.domain.adam.files import dataset_files
from services.analytics.domain.adam.tables import Derived
from services.analytics.domain.adverse_event_rows import adverse_event_rows
from services.analytics.domain.agreement import EngineCheck
from services.analytics.domain.analysis_sets import Membership, memberships
from services.analytics.domain.artefacts import HTML, JSON, PDF, PNG, SVG, Artefact
from services.analytics.domain.canonical import canonical_bytes
from services.analytics.domain.competing_rows import cause_counts, competing_rows
from services.analytics.domain.concentration_rows import concentration_rows
from services.analytics.domain.cutoff import CutData
from services.analytics.domain.effect_rows import effect_rows
from services.analytics.domain.endpoint_times import (
    EndpointTime,
    endpoint_times,
    origin_warnings,
)
from services.analytics.domain.first_event import first_event
from services.analytics.domain.flow_rows import flow_rows
from services.analytics.domain.interim_rows import Standing, interim_rows
from services.analytics.domain.interim_standing import rate_standing, time_standing
from services.analytics.domain.manifest import Work, manifest
from services.analytics.domain.missing_rows import missing_rows
from services.analytics.domain.observations import count
from services.analytics.domain.panel import Panel, panel_by_arm, panel_pooled
from services.analytics.domain.plans import (
    NOT_RANDOMIZED,
    Task,
    effects_of,
    for_figure,
    is_randomized,
    plan_of,
    tasks_of,
    text_of,
)
from services.analytics.domain.proportion_contrasts import (
    proportion_contrast_rows,
    shares_by_stratum,
)
from services.analytics.domain.proportions import ProportionPlan, proportion_rows, shares
from services.analytics.domain.results import OutputClass, ResultRow
from services.analytics.domain.subgroup_rows import rate_subgroup_rows, time_subgroup_rows
from services.analytics.domain.subjects import Subject, members, subjects_at_cutoff
from services.analytics.domain.time_to_event import analyse_counts
from services.analytics.engine import LifelinesEngine
from services.analytics.exact_limits import ENGINE, clopper_pearson
from services.analytics.figures import draw_kaplan_meier
from services.analytics.overviews import (
    Overview,
    courses_of,
    flow_overviews,
    forest_overviews,
    not_drawn,
    swimmer_overviews,
)
from services.analytics.report.build import Material, build
from services.analytics.report.outline import Picture
from services.analytics.report.page import page
from services.analytics.report.paper import paper
from shared import __version__
from shared.study import StudyDefinition
from shared.study.endpoints import (
    AdverseEventEndpoint,
    ConcentrationEndpoint,
    Endpoint,
    ProportionEndpoint,
    TimeToEventEndpoint,
)

LIBRARIES = ("lifelines", "matplotlib", "numpy", "pandas", "reportlab", "scipy")


@dataclass(frozen=True, slots=True)
class Computed:
    """Rows in the order they are published in, and files; both manifests come last."""

    rows: tuple[ResultRow, ...]
    artefacts: tuple[Artefact, ...]


@dataclass
class _Analysis:
    definition: StudyDefinition
    data: CutData
    subjects: tuple[Subject, ...]
    engine: LifelinesEngine = field(default_factory=LifelinesEngine)
    check: EngineCheck = field(default_factory=EngineCheck)
    rows: list[ResultRow] = field(default_factory=list)
    times: list[EndpointTime] = field(default_factory=list)
    competing: list[EndpointTime] = field(default_factory=list)
    figures: list[Artefact] = field(default_factory=list)
    pictures: dict[OutputClass, dict[tuple[str, str], Picture]] = field(
        default_factory=lambda: {each: {} for each in OutputClass}
    )


def compute(definition: StudyDefinition, data: CutData) -> Computed:
    """Derive, estimate and draw every endpoint that can be computed.

    Raises ObservationError for data that no estimator may see, EngineDisagreement, PlanRefused.
    """
    run = _Analysis(definition, data, subjects_at_cutoff(definition, data))
    sets = memberships(definition, run.subjects)
    run.rows += flow_rows(definition, data, run.subjects, sets)
    courses = courses_of(definition, data, run.subjects)
    for drawn in (
        *flow_overviews(definition, run.rows),
        *swimmer_overviews(definition, data, courses),
    ):
        _keep(run, drawn)
    tasks, left_out = tasks_of(definition)
    for task in tasks:
        if isinstance(task.endpoint, TimeToEventEndpoint):
            _analyse_times(run, task, task.endpoint)
        else:
            _count(run, task, task.endpoint)
    for drawn in forest_overviews(definition, run.rows):
        _keep(run, drawn)
    left_out += not_drawn(courses)
    work = Work(definition, data, tuple(run.rows), tuple(left_out), run.check, _versions())
    files = [*_files(run, sets), *run.figures, *_reports(run, work, sets), *_datasets(run, sets)]
    manifests = [manifest(work, output_class, files) for output_class in OutputClass]
    return Computed(work.rows, (*files, *manifests))


def _analyse_times(run: _Analysis, task: Task, endpoint: TimeToEventEndpoint) -> None:
    cutoff = run.data.cutoff
    subjects = members(task.population, run.subjects)
    times = endpoint_times(run.definition, endpoint, task.population.id, subjects, cutoff)
    spec = plan_of(run.definition, task, cutoff)
    counts = count((each.observation() for each in times), spec.arms)
    result = analyse_counts(counts, spec, run.engine, run.check)
    run.times += times
    plan = effects_of(run.definition, task)
    found = [*result.rows, *effect_rows(counts, spec, plan)]
    if task.is_main:
        found += time_subgroup_rows(run.definition, spec, plan, times)
        found += _interim(run, endpoint, time_standing(counts, spec))
    rows = _compared(run, task, _published(task, found))
    run.rows += _warned(run, endpoint, rows, times)
    drawn, text = for_figure(run.definition, result), text_of(run.definition, task, __version__)
    if task.pooled:
        _draw(run, task, panel_pooled(drawn, text))
    _draw(run, task, panel_by_arm(drawn, text))


def _warned(
    run: _Analysis,
    endpoint: TimeToEventEndpoint,
    rows: Iterable[ResultRow],
    times: Sequence[EndpointTime],
) -> Iterator[ResultRow]:
    """The rows with what a reader must know of how times began."""
    everybody = origin_warnings(run.definition, endpoint, times)
    by_arm = {
        arm.code: origin_warnings(
            run.definition, endpoint, [each for each in times if each.subject.arm == arm.code]
        )
        for arm in run.definition.arms
    }
    for row in rows:
        warnings = by_arm.get(row.group or "", everybody)
        yield replace(row, warnings=(*row.warnings, *warnings))


def _compared(run: _Analysis, task: Task, rows: Iterable[ResultRow]) -> Iterator[ResultRow]:
    """The rows, comparisons that randomization does not protect with that warning."""
    randomized = is_randomized(run.definition, task)
    for row in rows:
        if row.contrast is None or randomized:
            yield row
        else:
            yield replace(row, warnings=(*row.warnings, NOT_RANDOMIZED))


def _count(
    run: _Analysis,
    task: Task,
    endpoint: ProportionEndpoint | AdverseEventEndpoint | ConcentrationEndpoint,
) -> None:
    plan = ProportionPlan(
        endpoint.paramcd,
        task.population.id,
        float(run.definition.analysis.confidence_level),
        run.data.cutoff,
        clopper_pearson,
        ENGINE,
    )
    subjects = members(task.population, run.subjects)
    if isinstance(endpoint, AdverseEventEndpoint):
        rows = adverse_event_rows(run.definition, endpoint, plan, subjects)
    elif isinstance(endpoint, ConcentrationEndpoint):
        rows = list(concentration_rows(run.definition, endpoint, plan, subjects))
    else:
        by_arm = shares(run.definition, endpoint, subjects, run.data.cutoff)
        rows = proportion_rows(plan, by_arm)
        strata = shares_by_stratum(run.definition, endpoint, subjects, run.data.cutoff)
        rows += proportion_contrast_rows(run.definition, plan, endpoint.tests, strata)
        if task.is_main:
            rows += rate_subgroup_rows(run.definition, endpoint, plan, subjects)
            looks = run.definition.analysis.interim
            if looks is not None:
                standing = rate_standing(run.definition, endpoint, looks, plan, subjects)
                rows += _interim(run, endpoint, standing)
        if endpoint.missing is not None:
            rows += missing_rows(run.definition, endpoint.missing, plan, subjects)
        if endpoint.competing:
            rows += _competing(run, endpoint, plan, subjects)
    run.rows += _compared(run, task, _published(task, rows))


def _competing(
    run: _Analysis,
    endpoint: ProportionEndpoint,
    plan: ProportionPlan,
    subjects: Sequence[Subject],
) -> Iterator[ResultRow]:
    timed = first_event(endpoint)
    times = endpoint_times(run.definition, timed, plan.population, subjects, run.data.cutoff)
    run.competing += times
    return competing_rows(run.definition, plan, cause_counts(endpoint, times))


def _interim(
    run: _Analysis, endpoint: Endpoint, standing: Iterable[Standing]
) -> Iterator[ResultRow]:
    """Where the endpoint stands between its looks, if the definition plans looks at it."""
    plan = run.definition.analysis.interim
    if plan is not None and plan.endpoint == endpoint.paramcd:
        for each in standing:
            yield from interim_rows(plan, each, run.data.cutoff)


def _published(task: Task, rows: Iterable[ResultRow]) -> Iterator[ResultRow]:
    return (row for row in rows if task.pooled or row.output_class is OutputClass.CLOSED)


def _draw(run: _Analysis, task: Task, panel: Panel) -> None:
    declared_open = run.definition.analysis.shows_arms_openly
    figure = draw_kaplan_meier(panel, declared_open=declared_open)
    place = (task.endpoint.paramcd, task.population.id)
    picture = Picture.of(task.endpoint.label, figure)
    _keep(run, Overview(task.figure, place, panel.output_class, picture))


def _keep(run: _Analysis, drawn: Overview) -> None:
    """A picture as files of its own, and for the report."""
    run.figures += [
        Artefact(f"{drawn.name}.svg", drawn.output_class, SVG, drawn.picture.svg),
        Artefact(f"{drawn.name}.png", drawn.output_class, PNG, drawn.picture.png),
    ]
    run.pictures[drawn.output_class][drawn.place] = drawn.picture


def _reports(run: _Analysis, work: Work, sets: Sequence[Membership]) -> Iterator[Artefact]:
    """The report of each class on a page and on paper."""
    for output_class in OutputClass:
        report = build(Material(work, output_class, sets, run.pictures[output_class]))
        yield Artefact(f"{output_class.value}.html", output_class, HTML, page(report))
        yield Artefact(f"{output_class.value}.pdf", output_class, PDF, paper(report))


def _files(run: _Analysis, sets: Sequence[Membership]) -> list[Artefact]:
    files = []
    for output_class in OutputClass:
        rows = [row.to_json() for row in run.rows if row.output_class is output_class]
        name = f"results_{output_class.value}.json"
        files.append(Artefact(name, output_class, JSON, canonical_bytes(rows), len(rows)))
    # By subject and arm, and so closed.
    for name, kept in (("observations.json", run.times), ("populations.json", sets)):
        content = canonical_bytes([each.to_json() for each in kept])
        files.append(Artefact(name, OutputClass.CLOSED, JSON, content, len(kept)))
    return files


def _datasets(run: _Analysis, sets: Sequence[Membership]) -> Iterator[Artefact]:
    """The analysis datasets of each class."""
    times = (*run.times, *run.competing)
    data = run.data
    derived = Derived(
        run.subjects, tuple(sets), times, data.cutoff, data.consented, data.not_randomized
    )
    for output_class in OutputClass:
        yield from dataset_files(run.definition, derived, output_class, __version__)


def _versions() -> dict[str, str]:
    return {"induct": __version__} | {name: version(name) for name in LIBRARIES}
