"""What a figure of cumulative incidence shows: a success that another event precludes.

Never one less Kaplan-Meier, which would count as if who died might still succeed. Laid out as a
Kaplan-Meier figure, with a row more in its table: who had the competing event.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import numpy as np

from services.analytics.domain.competing.incidence import CumulativeIncidence, cumulative_incidence
from services.analytics.domain.competing.table import CauseCount, CompetingTable
from services.analytics.domain.display import decimals, listed, p_value, percent, with_limits
from services.analytics.domain.estimate import Estimate
from services.analytics.domain.life_table import Before
from services.analytics.domain.panel import (
    Panel,
    PanelGroup,
    censor_marks,
    shown_landmarks,
    sparse_from,
    steps_of,
)
from services.analytics.domain.panel_text import SHOWN_DIGITS_OF_HASH, PanelText
from services.analytics.domain.results import POOLED_LABEL, OutputClass, ResultRow
from services.analytics.domain.specification import AnalysisSpec
from services.analytics.domain.ticks import time_ticks

SUCCESS = 1
NO_MEDIAN = Estimate(None, reason="an incidence has no median here")


def incidence_panel(
    counts: Sequence[CauseCount],
    spec: AnalysisSpec,
    text: PanelText,
    competing: Sequence[str],
    output_class: OutputClass,
    rows: Sequence[ResultRow],
) -> Panel:
    """The figure of a class: by arm (closed), or one curve over all arms (open).

    ``counts`` are in days, ``competing`` says what precludes the success; ``rows`` are those of
    the endpoint, whose tests and inputs the figure tells.
    """
    own = [row for row in rows if row.output_class is output_class]
    is_open = output_class is OutputClass.OPEN
    labels: Sequence[str | None] = (None,) if is_open else spec.arms
    found = [(label or POOLED_LABEL, _incidence(counts, spec, label)) for label in labels]
    last = max((float(curve.table.times[-1]) for _, curve in found if curve.table.n), default=0.0)
    longest = spec.in_units(last)
    ticks = time_ticks(longest, spec.unit)
    groups = tuple(_group(label, curve, spec, ticks) for label, curve in found)
    precluded = f"Competing: {'; '.join(competing)}"
    notes = (precluded, *(() if is_open else _tests(own)))
    level = percent(spec.level)
    at = (f"At {float(mark):g} {spec.unit}\n({level} CI)" for mark in shown_landmarks(spec))
    inputs = own[0].inputs_hash if own else ""
    return Panel(
        title=text.title,
        time_axis=f"{spec.unit.capitalize()} since {text.origin}",
        ticks=ticks,
        limit=max(longest, ticks[-1]),
        groups=groups,
        summary_header=("Events / n", *at),
        notes=notes,
        footer=_footer(spec, text, inputs),
        alt_text=_words(spec, text, found, notes),
        output_class=output_class,
        value_axis="Cumulative incidence",
        rising=True,
    )


def _incidence(
    counts: Sequence[CauseCount], spec: AnalysisSpec, arm: str | None
) -> CumulativeIncidence:
    cells = (each for each in counts if arm in {None, each.arm})
    return cumulative_incidence(CompetingTable.of(cells, SUCCESS), spec.level)


def _group(
    label: str, curve: CumulativeIncidence, spec: AnalysisSpec, ticks: Sequence[float]
) -> PanelGroup:
    table = curve.table
    any_cause = table.of_any_cause()
    at = (curve.at(spec.in_days(landmark)) for landmark in shown_landmarks(spec))
    return PanelGroup(
        label=label,
        steps=steps_of(any_cause, curve.at, spec, start=0.0),
        censor_marks=censor_marks(any_cause, curve.incidence, spec),
        sparse_from=sparse_from(any_cause, spec),
        median=NO_MEDIAN,
        table=tuple(_before(table, spec.in_days(Decimal(tick))) for tick in ticks),
        summary=(
            f"{int(table.events.sum())} / {table.n}",
            *(with_limits(point, 2) for point in at),
        ),
    )


def _before(table: CompetingTable, day: float) -> Before:
    index = int(np.searchsorted(table.times, day, side="left"))
    shown = table.of_any_cause().before(day)
    competing = int(table.competing[:index].sum())
    return Before(shown.at_risk, shown.censored, shown.events - competing, competing)


def _tests(rows: Sequence[ResultRow]) -> Iterator[str]:
    """Gray's test of the success, over strata where there are several, and Fine-Gray's ratios."""
    of = {(row.statistic, row.contrast): row for row in rows if row.category == "success"}
    prefix = "stratified_" if any(name.startswith("stratified_gray") for name, _ in of) else ""
    for (name, contrast), row in of.items():
        if name == f"{prefix}gray_chi_square":
            p = of[f"{prefix}gray_p", contrast].value
            told = f"Gray's test of the event{', stratified' if prefix else ''}"
            yield (
                f"{told} not estimable: {row.reason}"
                if row.value is None
                else f"{told}: chi-square {decimals(row.value, 2)},"
                f" {row.convention['degrees_of_freedom']} df, p {p_value(p)}"
            )
    for (name, contrast), row in of.items():
        if name == f"{prefix}subdistribution_hazard_ratio":
            told = f"Subdistribution hazard ratio{', stratified' if prefix else ''}, {contrast}"
            limits = with_limits(Estimate(row.value, row.lower, row.upper), 2)
            yield (
                f"{told} not estimable: {row.reason}" if row.value is None else f"{told}: {limits}"
            )


def _footer(spec: AnalysisSpec, text: PanelText, inputs: str) -> tuple[str, ...]:
    data = (
        f"Population: {spec.population}",
        f"Censoring: {text.censoring}",
        f"Data cutoff: {spec.cutoff.isoformat()}",
    )
    bands = (
        f"Bands: pointwise {percent(spec.level)} log-log limits, Aalen's variance; vertical marks: "
        "censored; pale: fewer than 5 or 10 % at risk; NE: not estimable."
    )
    table = (
        "Table: at risk just before, censored, events and competing events strictly before the "
        "time shown."
    )
    source = (f"Inputs {inputs[:SHOWN_DIGITS_OF_HASH]}", *text.versions)
    return listed(data), bands, table, listed(source)


def _words(
    spec: AnalysisSpec,
    text: PanelText,
    found: Sequence[tuple[str, CumulativeIncidence]],
    notes: Sequence[str],
) -> str:
    """The figure in words: subjects, events and competing events of every group, then the tests."""
    subject = f"Cumulative incidence of {text.title}, population {spec.population}"
    groups = (
        f"{label}: {curve.table.n} subjects, {int(curve.table.events.sum())} events,"
        f" {int(curve.table.competing.sum())} competing events"
        for label, curve in found
    )
    sentences = (subject, f"data cutoff {spec.cutoff.isoformat()}", *groups, *notes)
    return " ".join(f"{sentence}." for sentence in sentences)
