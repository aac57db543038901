"""Tables of who is in which analysis set, and of what became of the participants."""

from collections import Counter
from collections.abc import Mapping, Sequence

from services.analytics.domain.analysis_sets import Membership
from services.analytics.domain.results import (
    EVERYBODY,
    POOLED,
    POOLED_LABEL,
    OutputClass,
    ResultRow,
)
from services.analytics.report.outline import Table
from services.analytics.report.words import cell, label
from shared.study import StudyDefinition


def sets_table(
    definition: StudyDefinition, sets: Sequence[Membership], output_class: OutputClass
) -> Table:
    """A line a set. Open: pooled, and a set limited to an arm is left out, as its size is one by
    arm."""
    closed = output_class is OutputClass.CLOSED
    arms = [arm.code for arm in definition.arms] if closed else []
    lines = []
    for each in sets:
        if each.population.arms and not closed:
            continue
        counted = Counter(each.arms.values())
        lines.append((
            each.population.id, each.population.label,
            *(str(counted[arm]) for arm in arms), str(len(each.arms)), _why(each.left_out),
        ))  # fmt: skip
    head = ("Set", "Who", *arms, "All", "Left out, by the first reason")
    return Table("Analysis sets", head, tuple(lines))


def flow_table(rows: Sequence[ResultRow]) -> Table:
    """A line a statistic, its reasons below it by the names that they have in the rows, a column a
    group; reasons that nobody had are left out."""
    groups = list(dict.fromkeys(str(row.group) for row in rows))
    lines: dict[str, dict[str, ResultRow]] = {}
    for row in rows:
        if row.population == EVERYBODY:
            lines.setdefault(_flow_label(row), {})[str(row.group)] = row
    shown = [
        (name, *(cell(cells[group]) if group in cells else "" for group in groups))
        for name, cells in lines.items()
        if not name.startswith(" ") or any(row.value for row in cells.values())
    ]
    head = ("", *(POOLED_LABEL if group == POOLED else group for group in groups))
    return Table("Flow of participants", head, tuple(shown))


def _flow_label(row: ResultRow) -> str:
    if row.category is None:
        return label(row)
    first, _, reason = row.category.partition(": ")
    if row.statistic == "left":
        return f"  {reason} ({first})" if reason else f"Left: {first}"
    return f"  {row.category}"


def _why(left_out: Mapping[str, str]) -> str:
    counted = Counter(left_out.values())
    return "; ".join(f"{reason} ({number})" for reason, number in sorted(counted.items()))
