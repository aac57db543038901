"""The words of a Kaplan-Meier figure: tests, footer, alternative text."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.analytics.domain.display import decimals, listed, p_value, percent, with_limits
from services.analytics.domain.estimate import Estimate
from services.analytics.domain.group_rows import GroupEstimate, in_units
from services.analytics.domain.results import POOLED_LABEL, OutputClass, ResultRow
from services.analytics.domain.specification import AnalysisSpec, SurvivalTest
from services.analytics.domain.time_to_event import Analysis

SHOWN_DIGITS_OF_HASH = 16

# A figure has room for what tells equal survival apart; weighted tests stand in the tables.
_IN_FIGURES = (SurvivalTest.LOGRANK, SurvivalTest.STRATIFIED_LOGRANK)


@dataclass(frozen=True, slots=True)
class PanelText:
    """Words the plan does not hold: they come from the study definition and the run.

    ``title`` names the endpoint, ``origin`` completes "Weeks since ...",
    ``censoring`` says in a few words when follow-up ends, ``versions`` name code
    and snapshot as they should stand in the footer.
    """

    title: str
    origin: str
    censoring: str
    versions: tuple[str, ...]


def label_of(group: GroupEstimate) -> str:
    """The name under which a group is drawn."""
    return POOLED_LABEL if group.output_class is OutputClass.OPEN else group.label


def contrast_notes(analysis: Analysis) -> tuple[str, ...]:
    """One line for each test, with its sides."""
    return tuple(
        f"{_capital(contrast.name.label)} test not estimable: {contrast.test.reason}"
        if contrast.test.chi_square is None
        else f"{_capital(contrast.name.label)} chi-square {decimals(contrast.test.chi_square, 2)}, "
        f"{contrast.test.degrees_of_freedom} df, "
        f"two-sided p {p_value(contrast.test.p_two_sided)}"
        for contrast in analysis.contrasts
        if contrast.name in _IN_FIGURES
    )


def hazard_notes(rows: Sequence[ResultRow]) -> tuple[str, ...]:
    """One line for each hazard ratio: the stratified one where it is planned, else the plain."""
    ratios = [row for row in rows if row.subgroup is None]
    found = [row for row in ratios if row.statistic == "stratified_hazard_ratio"] or [
        row for row in ratios if row.statistic == "hazard_ratio"
    ]
    return tuple(
        f"{_capital(row.statistic.replace('_', ' '))} {row.contrast}"
        + (
            f" not estimable: {row.reason}"
            if row.value is None
            else f" {with_limits(Estimate(row.value, row.lower, row.upper), 2)},"
            f" {str(row.convention.get('ties', '')).capitalize()} ties"
        )
        for row in found
    )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def footer(spec: AnalysisSpec, text: PanelText, group: GroupEstimate) -> tuple[str, ...]:
    """Population, censoring, kind of limits, ties, cutoff, inputs and versions."""
    data = (
        f"Population: {spec.population}",
        f"Censoring: {text.censoring}",
        f"Data cutoff: {spec.cutoff.isoformat()}",
    )
    bands = (
        f"Bands: pointwise {percent(spec.level)} {spec.conf_type.value} limits; vertical marks: "
        "censored; pale: fewer than 5 or 10 % at risk; NE: not estimable."
    )
    table = (
        "Censored on the day of an event: still at risk on it. "
        "Table: at risk just before, censored and events strictly before the time shown."
    )
    source = (f"Inputs {group.inputs_hash[:SHOWN_DIGITS_OF_HASH]}", *text.versions, group.engine)
    return listed(data), bands, table, listed(source)


def alt_text(
    spec: AnalysisSpec,
    text: PanelText,
    groups: tuple[GroupEstimate, ...],
    notes: tuple[str, ...],
) -> str:
    """The figure in words: subjects, events and median of every group, then the tests."""
    subject = f"Kaplan-Meier curve of {text.title}, population {spec.population}"
    cutoff = f"data cutoff {spec.cutoff.isoformat()}"
    sentences = [f"{subject}, {cutoff}", *(_in_words(group, spec) for group in groups), *notes]
    return " ".join(f"{sentence}." for sentence in sentences)


def _in_words(group: GroupEstimate, spec: AnalysisSpec) -> str:
    table = group.own.table
    median = in_units(group.quantile(0.5), spec)
    reached = (
        "median not reached"
        if median.value is None
        else f"median {with_limits(median, 1)} {spec.unit}"
    )
    return f"{label_of(group)}: {table.n} subjects, {table.n_events} events, {reached}"
