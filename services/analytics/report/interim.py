"""The table of where an endpoint stands between its planned looks; closed alone has its rows."""

from collections.abc import Iterator, Sequence

from services.analytics.domain.interim_rows import NOW, STATISTICS
from services.analytics.domain.results import ResultRow
from services.analytics.report.outline import Table
from services.analytics.report.words import LABELS, cell, methods, reasons


def interim_table(caption: str, rows: Sequence[ResultRow]) -> Iterator[Table]:
    """A line a number, a table a comparison; nothing where no looks are planned."""
    found = [row for row in rows if row.statistic in STATISTICS]
    for contrast in dict.fromkeys(row.contrast for row in found):
        own = [row for row in found if row.contrast == contrast]
        told = own[0].convention
        yield Table(
            f"{caption}: interim monitoring, {contrast}",
            ("", "Value"),
            (
                (f"Information: {told['information_unit']} counted", str(told["information"])),
                (f"Information: {told['information_unit']} planned", str(told["planned"])),
                *((_line(row), cell(row)) for row in own),
            ),
            tuple(filter(None, (*reasons(own), methods(own)))),
        )


def _line(row: ResultRow) -> str:
    words = LABELS[row.statistic]
    if row.statistic == "conditional_power":
        return f"{words}, if the rest follows {row.convention['trend']}"
    if row.category is None:
        return words
    share = row.convention["look_information"]
    when = "of a look held now" if row.category == NOW else f"of {row.category}"
    if "held_on" in row.convention:
        number, told = row.category.removeprefix("held "), row.convention
        when = f"of look {number}, held on {told['held_on']} ({told['decision']})"
    return f"{words} {when}, at {share:.2f} of the information"
