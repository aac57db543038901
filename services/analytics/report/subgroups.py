"""The table of an effect in subgroups."""

from collections.abc import Iterable, Iterator, Sequence

from services.analytics.domain.results import ResultRow
from services.analytics.report.outline import Table
from services.analytics.report.words import LABELS, cell, methods, p_cell, reasons

_SIZES = frozenset({"n", "events"})
_TESTS = frozenset({"interaction_chi_square", "interaction_p"})


def subgroup_tables(caption: str, rows: Sequence[ResultRow]) -> Iterator[Table]:
    """For each comparison a line a level: events of subjects by arm, the effect, and beside the
    name of a subgroup the p of its interaction."""
    for contrast in dict.fromkeys(row.contrast for row in rows if row.contrast is not None):
        own = [row for row in rows if row.contrast == contrast]
        effects = [row for row in own if row.statistic not in _TESTS]
        sizes = [row for row in rows if row.contrast is None]
        arms = list(dict.fromkeys(str(row.group) for row in sizes))
        names = dict.fromkeys(LABELS.get(row.statistic, row.statistic) for row in effects)
        yield Table(
            f"{caption}: subgroups, {contrast}",
            ("", *(f"{arm}, events / n" for arm in arms), *names, "Interaction p"),
            tuple(_lines(own, sizes, arms)),
            tuple(filter(None, (*reasons(own), methods(own)))),
        )


def _lines(
    own: Sequence[ResultRow], sizes: Sequence[ResultRow], arms: Sequence[str]
) -> Iterator[tuple[str, ...]]:
    for subgroup in dict.fromkeys(row.subgroup for row in own):
        of_it = [row for row in own if row.subgroup == subgroup]
        name = str(of_it[0].convention.get("subgroup_label", subgroup))
        p = next((row for row in of_it if row.statistic == "interaction_p"), None)
        yield (name, *("" for _ in arms), "", p_cell(p))
        for row in of_it:
            if row.level is not None:
                level = [s for s in sizes if (s.subgroup, s.level) == (subgroup, row.level)]
                label = str(row.convention.get("level_label", row.level))
                counted = (_events(level, arm) for arm in arms)
                yield (f"  {label}", *counted, cell(row), "")


def _events(rows: Iterable[ResultRow], arm: str) -> str:
    found = {row.statistic: row for row in rows if row.group == arm and row.statistic in _SIZES}
    return " / ".join(cell(found[name]) for name in ("events", "n") if name in found)
