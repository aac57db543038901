"""What a Kaplan-Meier figure shows, ready to be drawn and nothing left to compute.

The layout follows the extended table of Morris et al. 2019 (KMunicate, BMJ Open).
Times are in the reporting unit, divided for display only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from services.analytics.domain.display import percent, with_limits
from services.analytics.domain.estimate import Estimate
from services.analytics.domain.group_rows import GroupEstimate, in_units
from services.analytics.domain.life_table import Before, FloatArray, LifeTable
from services.analytics.domain.panel_text import (
    PanelText,
    alt_text,
    contrast_notes,
    footer,
    hazard_notes,
    label_of,
)
from services.analytics.domain.results import OutputClass, ResultRow
from services.analytics.domain.specification import AnalysisSpec
from services.analytics.domain.ticks import time_ticks
from services.analytics.domain.time_to_event import Analysis

SPARSE_NUMBER = 5
SPARSE_SHARE = 0.1
MOST_CENSOR_MARKS = 60
MOST_LANDMARKS = 2


@dataclass(frozen=True, slots=True)
class Step:
    """The curve from ``start`` up to ``end``: its height is survival, or an incidence on a rising
    panel. Limits are None where not estimable."""

    start: float
    end: float
    height: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class PanelGroup:
    """One curve, its rows of the table and its line of the annotation.

    ``steps`` begin at 0 and leave no gap. ``censor_marks`` are (time, height), none when there are
    too many to tell apart. From ``sparse_from`` on fewer remain at risk than should be read from.
    ``table`` has one entry for each tick.
    """

    label: str
    steps: tuple[Step, ...]
    censor_marks: tuple[tuple[float, float], ...]
    sparse_from: float | None
    median: Estimate
    table: tuple[Before, ...]
    summary: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """A whole figure: curves, the table under them, the annotation and the footer.

    ``limit`` is the right end of the time axis; ``summary_header`` names the
    columns of each group's ``summary``, on two lines where it holds a newline. The curves of a
    ``rising`` panel start at 0, else at 1.
    """

    title: str
    time_axis: str
    ticks: tuple[float, ...]
    limit: float
    groups: tuple[PanelGroup, ...]
    summary_header: tuple[str, ...]
    notes: tuple[str, ...]
    footer: tuple[str, ...]
    alt_text: str
    output_class: OutputClass
    value_axis: str = "Probability without event"
    rising: bool = False

    @property
    def start(self) -> float:
        """Where every curve starts."""
        return 0.0 if self.rising else 1.0


def panel_by_arm(analysis: Analysis, text: PanelText, effects: Sequence[ResultRow] = ()) -> Panel:
    """The closed figure: a curve for each arm, with the hazard ratios of ``effects`` and tests."""
    notes = (*hazard_notes(effects), *contrast_notes(analysis))
    return _panel(analysis.spec, text, analysis.arms, notes)


def panel_pooled(analysis: Analysis, text: PanelText) -> Panel:
    """The open figure: one curve over all arms, holding no arm's name or number."""
    return _panel(analysis.spec, text, (analysis.pooled,), ())


def _panel(
    spec: AnalysisSpec, text: PanelText, groups: tuple[GroupEstimate, ...], notes: tuple[str, ...]
) -> Panel:
    last_times = [float(group.own.table.times[-1]) for group in groups if group.own.table.n]
    longest = spec.in_units(max(last_times, default=0.0))
    ticks = time_ticks(longest, spec.unit)
    level = percent(spec.level)
    landmarks = (
        f"S at {float(landmark):g} {spec.unit}\n({level} CI)" for landmark in shown_landmarks(spec)
    )
    return Panel(
        title=text.title,
        time_axis=f"{spec.unit.capitalize()} since {text.origin}",
        ticks=ticks,
        limit=max(longest, ticks[-1]),
        groups=tuple(_group(group, spec, ticks) for group in groups),
        summary_header=("Events / n", f"Median, {spec.unit}\n({level} CI)", *landmarks),
        notes=notes,
        footer=footer(spec, text, groups[0]),
        alt_text=alt_text(spec, text, groups, notes),
        output_class=groups[0].output_class,
    )


def _group(group: GroupEstimate, spec: AnalysisSpec, ticks: tuple[float, ...]) -> PanelGroup:
    table = group.own.table
    median = in_units(group.quantile(0.5), spec)
    at_landmarks = (group.curve.at(spec.in_days(landmark)) for landmark in shown_landmarks(spec))
    return PanelGroup(
        label=label_of(group),
        steps=steps_of(table, group.curve.at, spec, start=1.0),
        censor_marks=censor_marks(table, group.curve.survival, spec),
        sparse_from=sparse_from(table, spec),
        median=median,
        table=tuple(table.before(spec.in_days(Decimal(tick))) for tick in ticks),
        summary=(
            f"{table.n_events} / {table.n}",
            with_limits(median, 1),
            *(with_limits(point, 2) for point in at_landmarks),
        ),
    )


def steps_of(
    table: LifeTable, at: Callable[[float], Estimate], spec: AnalysisSpec, start: float
) -> tuple[Step, ...]:
    """The steps of a curve that is ``at`` a time what this answers, and ``start`` where it answers
    nothing; they change at the times of the table (days)."""
    days = [float(time) for time in table.times]
    if not days:
        return ()
    starts = [0.0, *days] if days[0] > 0 else days
    ends = [*starts[1:], starts[-1]]
    steps = []
    for since, until in zip(starts, ends, strict=True):
        point = at(since)
        height = start if point.value is None else point.value
        edges = spec.in_units(since), spec.in_units(until)
        steps.append(Step(*edges, height, point.lower, point.upper))
    return tuple(steps)


def censor_marks(
    table: LifeTable, heights: FloatArray, spec: AnalysisSpec
) -> tuple[tuple[float, float], ...]:
    """Where the censored of a group are marked on its curve, whose ``heights`` are those at the
    times of the table; nowhere where they could not be told apart."""
    if table.n - table.n_events > MOST_CENSOR_MARKS:
        return ()
    return tuple(
        (spec.in_units(float(table.times[index])), float(heights[index]))
        for index in np.flatnonzero(table.censored)
    )


def sparse_from(table: LifeTable, spec: AnalysisSpec) -> float | None:
    """When the number at risk first falls below the larger of 5 and a tenth of the group."""
    least = max(SPARSE_NUMBER, SPARSE_SHARE * table.n)
    if table.n < least:
        return 0.0
    remaining = table.at_risk - table.events - table.censored
    sparse = np.flatnonzero(remaining < least)
    return spec.in_units(float(table.times[sparse[0]])) if sparse.size else None


def shown_landmarks(spec: AnalysisSpec) -> tuple[Decimal, ...]:
    """The landmarks that a figure has room for."""
    return spec.landmarks[:MOST_LANDMARKS]
