"""What stands around a drawing on its sheet: the marking, the title, the footer."""

from collections.abc import Sequence

import matplotlib as mpl

from services.analytics.figure_page import EDGE, FOOTER_LINE, MARKING_COLOUR, TITLE_LINE
from services.analytics.figure_sheet import GREY, Sheet

FOOTER_SIZE = 6.0


def footer_lines(footer: Sequence[str], width: float) -> list[str]:
    """The footer in lines that a sheet of this width holds, with the version it is drawn by."""
    *first, last = footer
    told = (*first, f"{last} \N{MIDDLE DOT} matplotlib {mpl.__version__}")
    probe, room = Sheet(width, 1.0), width - 2 * EDGE
    return [part for line in told for part in probe.wrap(line, room, fontsize=FOOTER_SIZE)]


def heading_end(titles: Sequence[str], marking: str | None) -> float:
    """Where the title ends, in inches from the top."""
    return EDGE + TITLE_LINE * (len(titles) + bool(marking))


def framed(
    width: float, end: float, titles: Sequence[str], marking: str | None, footer: Sequence[str]
) -> Sheet:
    """A sheet with everything but the drawing, which lies between ``heading_end`` and ``end``."""
    sheet = Sheet(width, end + FOOTER_LINE * len(footer) + EDGE)
    if marking:
        sheet.text(EDGE, EDGE + 0.13, marking, fontweight="bold", color=MARKING_COLOUR)
    y = heading_end(titles, marking)
    for index, line in enumerate(reversed(titles)):
        sheet.text(EDGE, y - 0.06 - TITLE_LINE * index, line, fontsize=11, fontweight="bold")
    for index, line in enumerate(footer, start=1):
        sheet.text(EDGE, end + FOOTER_LINE * index, line, fontsize=FOOTER_SIZE, color=GREY)
    return sheet
