"""Tables of the rows of one endpoint in one population."""

from collections.abc import Iterable, Iterator, Sequence

from services.analytics.domain.results import POOLED, POOLED_LABEL, ResultRow
from services.analytics.report.outline import Table
from services.analytics.report.words import P_OF, WITHOUT_P, cell, label, methods, p_cell, reasons
from shared.study.endpoints import AdverseEventEndpoint

# In figures and in the machine-readable rows; a reader of tables has enough without them.
_LEFT_OUT = frozenset({
    "survival_standard_error", "incidence_standard_error", "events_before", "censored_before",
    "cumulative_hazard", "cumulative_hazard_standard_error",
    "logrank_observed", "logrank_expected", "stratified_logrank_observed",
    "stratified_logrank_expected", "peto_peto_observed", "peto_peto_expected",
    "stratified_peto_peto_observed", "stratified_peto_peto_expected",
})  # fmt: skip
_COUNTED = (
    "Subjects, not events, each at its worst grade; % of all subjects of the set, exact limits."
)
_RATES = {
    "incidence_rate": "First events per time",
    "event_count": "Events",
    "event_rate": "Events per time",
}
_GRADE = "subjects_grade_"
_UNGRADED = "subjects_ungraded"


def by_group(caption: str, rows: Sequence[ResultRow]) -> Table:
    """A line a statistic, a column a group."""
    own = [row for row in rows if row.group is not None and row.statistic not in _LEFT_OUT]
    groups = list(dict.fromkeys(str(row.group) for row in own))
    lines: dict[str, dict[str, str]] = {}
    for row in own:
        lines.setdefault(label(row), {})[str(row.group)] = cell(row)
    return Table(
        caption,
        ("", *(_name(group) for group in groups)),
        tuple((name, *(cells.get(g, "") for g in groups)) for name, cells in lines.items()),
        tuple(filter(None, (*reasons(own), methods(own)))),
    )


def comparisons(caption: str, rows: Sequence[ResultRow]) -> Table | None:
    """A line an effect between arms with its p; None where nothing is compared."""
    own = [row for row in rows if row.contrast is not None]
    if not own:
        return None
    found = {(row.contrast, row.statistic, row.category, row.timepoint): row for row in own}
    lines = []
    for row in own:
        if row.statistic not in P_OF and row.statistic not in WITHOUT_P:
            continue
        two, one = P_OF.get(row.statistic, ("", ""))
        p_two, p_one = (
            found.get((row.contrast, name, row.category, row.timepoint)) for name in (two, one)
        )
        shown = "" if row is p_two else cell(row)
        lines.append((str(row.contrast), label(row), shown, p_cell(p_two), p_cell(p_one)))
    head = ("Comparison", "Effect", "Estimate", "Two-sided p", "One-sided p")
    notes = tuple(filter(None, (*reasons(own), methods(own))))
    return Table(caption, head, tuple(lines), notes)


def adverse_events(
    caption: str, endpoint: AdverseEventEndpoint, rows: Sequence[ResultRow]
) -> Iterator[Table]:
    """A table a group: a line a category, subjects with any grade, then by worst grade."""
    names = {each.id: each.label for each in endpoint.summaries}
    for group in dict.fromkeys(str(row.group) for row in rows if row.group is not None):
        own = [row for row in rows if row.group == group]
        n = next((row.n for row in own if row.statistic == "n"), 0)
        grades = list(dict.fromkeys(r.statistic for r in own if _is_grade(r.statistic)))
        rates = [name for name in _RATES if any(row.statistic == name for row in own)]
        lines = []
        for category in dict.fromkeys(row.category for row in own if row.category is not None):
            cells = {row.statistic: row for row in own if row.category == category}
            lines.append((
                _category(category, names), _counted(cells),
                *(cell(cells[grade]) for grade in grades),
                *(cell(cells[rate]) if rate in cells else "" for rate in rates),
            ))  # fmt: skip
        heads = [
            f"Grade {g.removeprefix(_GRADE)}" if g != _UNGRADED else "No grade" for g in grades
        ]
        yield Table(
            f"{caption}: {_name(group)}, {n} subjects",
            ("Subjects with", "Any grade", *heads, *(_RATES[rate] for rate in rates)),
            tuple(lines),
            (_COUNTED, *_exposed(own), *reasons([r for r in own if r.statistic in rates])),
        )  # fmt: skip


def concentrations(caption: str, rows: Sequence[ResultRow]) -> Table:
    """A line a visit, a column a statistic."""
    own = [row for row in rows if row.group is not None]
    names = list(dict.fromkeys(row.statistic for row in own))
    lines: dict[tuple[str, str], dict[str, str]] = {}
    for row in own:
        lines.setdefault((str(row.group), row.category or ""), {})[row.statistic] = cell(row)
    units = dict.fromkeys(row.unit for row in own if row.unit not in {"samples", "%"})
    return Table(
        f"{caption} ({', '.join(units)})" if units else caption,
        ("Visit", *(label(next(r for r in own if r.statistic == name)) for name in names)),
        tuple(
            (f"{group}, {visit}", *(cells.get(name, "") for name in names))
            for (group, visit), cells in lines.items()
        ),
        reasons(own),
    )


def _exposed(rows: Sequence[ResultRow]) -> Iterator[str]:
    """What the rates of a table are per, and how long its subjects were watched."""
    time = next((row for row in rows if row.statistic == "exposure"), None)
    rate = next((row for row in rows if row.statistic == "incidence_rate"), None)
    if time is not None and rate is not None:
        yield (
            f"Rates are {rate.unit} with exact Poisson limits: subjects over the time to their"
            f" first event, events over all {cell(time)} subject-{time.unit} watched."
        )


def _counted(cells: dict[str, ResultRow]) -> str:
    count, share = cells.get("subjects"), cells.get("percent")
    if count is None or share is None:
        return ""
    return f"{cell(count)}; {cell(share)} %" if share.value is not None else cell(count)


def _is_grade(statistic: str) -> bool:
    return statistic.startswith(_GRADE) or statistic == _UNGRADED


def _category(category: str, names: dict[str, str]) -> str:
    """``any: Infections: Sepsis`` as words, deeper levels set in."""
    parts = category.split(": ")
    return names.get(category, category) if len(parts) == 1 else "  " * (len(parts) - 1) + parts[-1]


def _name(group: str) -> str:
    return POOLED_LABEL if group == POOLED else group


def of_population(rows: Iterable[ResultRow], endpoint: str, population: str) -> list[ResultRow]:
    """The rows of an endpoint in a population."""
    return [row for row in rows if (row.endpoint, row.population) == (endpoint, population)]
