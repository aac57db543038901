"""The steps of a night for a time to event. lifelines and matplotlib are loaded from here."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from services.analytics.domain.effect_checks import check_effects
from services.analytics.domain.effect_rows import effect_rows
from services.analytics.domain.endpoint_times import EndpointTime, origin_warnings
from services.analytics.domain.interim_standing import time_standing
from services.analytics.domain.panel import Panel, panel_by_arm, panel_pooled
from services.analytics.domain.plans import Task, effects_of, for_figure, plan_of, text_of
from services.analytics.domain.results import ResultRow
from services.analytics.domain.subgroup_rows import time_subgroup_rows
from services.analytics.domain.tally import counts_of
from services.analytics.domain.time_to_event import analyse_counts
from services.analytics.domain.weighted_rows import weighted_rows
from services.analytics.figures import draw_kaplan_meier
from services.analytics.night import Night
from services.analytics.overviews import Overview
from services.analytics.report.outline import Picture
from services.analytics.task_rows import looks_at, task_rows
from shared import __version__
from shared.study.endpoints import TimeToEventEndpoint


def analyse_times(night: Night, task: Task, endpoint: TimeToEventEndpoint) -> None:
    """Estimate, compare and draw the endpoint in the set of the task."""
    counted = night.counted[endpoint.paramcd, task.population.id]
    spec = plan_of(night.definition, task, night.data.cutoff)
    counts = counts_of(counted.cells)
    result = analyse_counts(counts, spec, night.engine, night.check)
    plan = effects_of(night.definition, task)
    check_effects(night.check, night.engine, counts, spec, plan)
    found = [*result.rows, *effect_rows(counts, spec, plan), *weighted_rows(counts, spec, plan)]
    if task.is_main:
        found += time_subgroup_rows(spec, plan, counted)
        found += looks_at(night, endpoint, time_standing(counts, spec))
    rows = task_rows(night, task, found)
    night.rows += _warned(night, endpoint, rows, counted.times)
    drawn, text = for_figure(night.definition, result), text_of(night.definition, task, __version__)
    if task.pooled:
        _draw(night, task, panel_pooled(drawn, text))
    _draw(night, task, panel_by_arm(drawn, text, found))


def _warned(
    night: Night,
    endpoint: TimeToEventEndpoint,
    rows: Iterable[ResultRow],
    times: Sequence[EndpointTime],
) -> Iterator[ResultRow]:
    """The rows with what a reader must know of how times began."""
    everybody = origin_warnings(night.definition, endpoint, times)
    by_arm = {
        arm.code: origin_warnings(
            night.definition, endpoint, [each for each in times if each.subject.arm == arm.code]
        )
        for arm in night.definition.arms
    }
    for row in rows:
        warnings = by_arm.get(row.group or "", everybody)
        yield replace(row, warnings=(*row.warnings, *warnings))


def _draw(night: Night, task: Task, panel: Panel) -> None:
    declared_open = night.definition.analysis.shows_arms_openly
    figure = draw_kaplan_meier(panel, declared_open=declared_open)
    place = (task.endpoint.paramcd, task.population.id)
    picture = Picture.of(task.endpoint.label, figure)
    night.keep(Overview(task.figure, place, panel.output_class, picture))
