"""Everything a run computes, from cut data to files, by the engines and drawers it is given.

The only caller is ``run``; lifelines, scipy and matplotlib are loaded from here.
"""

import time
from dataclasses import dataclass, field
from importlib.metadata import version

from services.analytics.count_analysis import analyse_counted
from services.analytics.domain.analysis_sets import memberships
from services.analytics.domain.artefacts import Artefact
from services.analytics.domain.baseline_rows import baseline_rows
from services.analytics.domain.counted_times import count_times
from services.analytics.domain.cutoff import CutData
from services.analytics.domain.flow_rows import flow_rows
from services.analytics.domain.manifest import Work, manifest
from services.analytics.domain.plans import tasks_of
from services.analytics.domain.results import OutputClass, ResultRow
from services.analytics.domain.subjects import subjects_at_cutoff
from services.analytics.domain.tally import Tally
from services.analytics.night import Night
from services.analytics.night_files import dataset_artefacts, reports, row_files
from services.analytics.overviews import (
    courses_of,
    flow_overviews,
    forest_overviews,
    not_drawn,
    swimmer_overviews,
)
from services.analytics.time_analysis import analyse_times
from shared import __version__
from shared.study import StudyDefinition
from shared.study.endpoints import TimeToEventEndpoint

LIBRARIES = ("lifelines", "matplotlib", "numpy", "pandas", "reportlab", "scipy")


@dataclass(frozen=True, slots=True)
class Computed:
    """Rows in the order they are published in, and files; both manifests come last. ``words`` tell
    how long it took: they are of this computation, and not of what came of it."""

    rows: tuple[ResultRow, ...]
    artefacts: tuple[Artefact, ...]
    words: str = field(default="", compare=False)


def compute(definition: StudyDefinition, data: CutData, tally: Tally) -> Computed:
    """Derive, let ``tally`` count, estimate and draw every endpoint that can be computed.

    Raises ObservationError for data that no estimator may see, EngineDisagreement, PlanRefused.
    """
    started = time.perf_counter()
    subjects = subjects_at_cutoff(definition, data)
    tasks, left_out = tasks_of(definition)
    counted = count_times(definition, tasks, subjects, data.cutoff, tally)
    night = Night(definition, data, subjects, counted)
    sets = memberships(definition, night.subjects)
    night.rows += flow_rows(definition, data, night.subjects, sets)
    night.rows += baseline_rows(definition, data, night.subjects)
    courses = courses_of(definition, data, night.subjects)
    for drawn in (
        *flow_overviews(definition, night.rows),
        *swimmer_overviews(definition, data, courses),
    ):
        night.keep(drawn)
    for task in tasks:
        if isinstance(task.endpoint, TimeToEventEndpoint):
            analyse_times(night, task, task.endpoint)
        else:
            analyse_counted(night, task, task.endpoint)
    for drawn in forest_overviews(definition, night.rows):
        night.keep(drawn)
    left_out += not_drawn(courses)
    work = Work(definition, data, tuple(night.rows), tuple(left_out), night.check, _versions())
    files = [
        *row_files(night, sets),
        *night.figures,
        *reports(night, work, sets),
        *dataset_artefacts(night, sets),
    ]
    manifests = [manifest(work, output_class, files) for output_class in OutputClass]
    spent = sum(night.engine.seconds.values())
    words = _words(len(tasks), time.perf_counter() - started, spent)
    return Computed(work.rows, (*files, *manifests), words)


def _words(tasks: int, seconds: float, by_library: float) -> str:
    """How long the run computed, and how much of it the library took. For what it took it, is not
    told: a quantity that no arm has enough events for is not asked of it."""
    told = f", {by_library:.2f} s of it by lifelines" if by_library else ""
    return f"{tasks} analyses, computed and drawn in {seconds:.2f} s{told}."


def _versions() -> dict[str, str]:
    return {"induct": __version__} | {name: version(name) for name in LIBRARIES}
