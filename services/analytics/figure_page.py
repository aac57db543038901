"""The page of a Kaplan-Meier figure, in inches from the top.

Marking, title, annotation, axes, numbers under the ticks, footer: nothing but the
curves lies inside the axes.
"""

from textwrap import wrap
from typing import Any

import matplotlib as mpl

from services.analytics.domain.panel import Panel, PanelGroup
from services.analytics.figure_axes import Frame, draw_axes, label_width
from services.analytics.figure_curves import LINE_WIDTH, Look
from services.analytics.figure_sheet import GREY, Sheet

WIDTH = 7.6
EDGE = 0.14
AXES_LEFT = 1.0
AXES_HEIGHT = 3.1
SAMPLE = 0.34  # length of the piece of line before a name
LINE = 0.185
TITLE_LINE = 0.23
TABLE_LINE = 0.165
TABLE_GAP = 0.05
FOOTER_LINE = 0.125
COLUMN_GAP = 0.28
BELOW_AXES = 0.54  # tick labels and the name of the axis
MARKING_COLOUR = "#B00020"
# Characters to a line.
TITLE_CHARACTERS = 80
NAME_CHARACTERS = 26
FOOTER_CHARACTERS = 155


def draw_page(panel: Panel, marking: str | None) -> Any:
    """A matplotlib figure of the panel, with ``marking`` above the title."""
    footer = _footer(panel)
    sheet = Sheet(WIDTH, _height(panel, marking, len(footer)))
    y = _draw_heading(sheet, panel, marking)
    top = _draw_annotation(sheet, panel, y + 0.06) + 0.18
    room = WIDTH - AXES_LEFT - label_width(sheet, panel) - EDGE - 0.1
    frame = Frame(AXES_LEFT, top, room, AXES_HEIGHT, panel.limit)
    draw_axes(sheet, panel, frame)
    y = _draw_table(sheet, panel, frame) + 0.14
    for line in footer:
        y += FOOTER_LINE
        sheet.text(EDGE, y, line, fontsize=6.0, color=GREY)
    return sheet.figure


def _height(panel: Panel, marking: str | None, footer_lines: int) -> float:
    names = sum(len(_name(group)) for group in panel.groups)
    heading = (TITLE_LINE if marking else 0.0) + TITLE_LINE * len(_title(panel))
    annotation = LINE * (2 + names + len(panel.notes))
    rows = sum(LINE + TABLE_GAP + TABLE_LINE * len(_rows(group)) for group in panel.groups)
    table = TABLE_LINE + rows
    gaps = 0.06 + 0.18 + 0.14 + 2 * EDGE
    footer = FOOTER_LINE * footer_lines
    return heading + annotation + AXES_HEIGHT + BELOW_AXES + table + footer + gaps


def _title(panel: Panel) -> list[str]:
    return wrap(panel.title, TITLE_CHARACTERS)


def _name(group: PanelGroup) -> list[str]:
    return wrap(group.label, NAME_CHARACTERS)


def _footer(panel: Panel) -> list[str]:
    *first, last = panel.footer
    lines = (*first, f"{last} \N{MIDDLE DOT} matplotlib {mpl.__version__}")
    return [part for line in lines for part in wrap(line, FOOTER_CHARACTERS)]


def _draw_heading(sheet: Sheet, panel: Panel, marking: str | None) -> float:
    y = EDGE
    if marking:
        sheet.text(EDGE, y + 0.13, marking, fontweight="bold", color=MARKING_COLOUR)
        y += TITLE_LINE
    for line in _title(panel):
        y += TITLE_LINE
        sheet.text(EDGE, y - 0.06, line, fontsize=11, fontweight="bold")
    return y


def _draw_annotation(sheet: Sheet, panel: Panel, y: float) -> float:
    """A line for each group in columns as wide as they need, then the tests."""
    columns = _columns(sheet, panel)
    for x, words in zip(columns, panel.summary_header, strict=False):
        for line, part in enumerate(reversed(words.split("\n"))):
            sheet.text(x, y + (2 - line) * LINE - 0.05, part, color=GREY)
    y += 2 * LINE
    for index, group in enumerate(panel.groups):
        look = Look.of(index)
        stroke = {"linestyle": look.line_style, "linewidth": LINE_WIDTH, "color": look.colour}
        sheet.line((EDGE, EDGE + SAMPLE), y + LINE - 0.09, **stroke)
        for x, words in zip(columns, group.summary, strict=False):
            sheet.text(x, y + LINE - 0.05, words)
        for part in _name(group):
            y += LINE
            sheet.text(EDGE + SAMPLE + 0.08, y - 0.05, part, color=look.colour, fontweight="bold")
    for note in panel.notes:
        y += LINE
        sheet.text(EDGE, y - 0.04, note)
    return y


def _columns(sheet: Sheet, panel: Panel) -> list[float]:
    """Left edges of the columns, as many from the left as the page has room for."""
    names = [part for group in panel.groups for part in _name(group)]
    x = EDGE + SAMPLE + 0.08 + COLUMN_GAP
    x += max(sheet.size(name, fontweight="bold")[0] for name in names)
    edges = []
    for index, words in enumerate(panel.summary_header):
        cells = [words, *(group.summary[index] for group in panel.groups)]
        width = max(sheet.size(cell)[0] for cell in cells)
        if x + width > WIDTH - EDGE:
            break
        edges.append(x)
        x += width + COLUMN_GAP
    return edges


def _draw_table(sheet: Sheet, panel: Panel, frame: Frame) -> float:
    """Numbers centred exactly under the ticks of the axis."""
    y = frame.top + frame.height + BELOW_AXES + TABLE_LINE
    sheet.text(EDGE, y - 0.04, "Number of subjects", fontsize=8, color=GREY)
    for index, group in enumerate(panel.groups):
        y += LINE + TABLE_GAP
        colour = Look.of(index).colour
        sheet.text(EDGE, y - 0.04, group.label, fontsize=8, fontweight="bold", color=colour)
        for heading, numbers in _rows(group).items():
            y += TABLE_LINE
            sheet.text(EDGE, y - 0.04, heading, fontsize=8)
            for tick, number in zip(panel.ticks, numbers, strict=True):
                sheet.text(frame.x(tick), y - 0.04, str(number), ha="center", fontsize=8)
    return y


def _rows(group: PanelGroup) -> dict[str, list[int]]:
    """The numbers of a group under the ticks, by what they are."""
    rows = {
        "At risk": [before.at_risk for before in group.table],
        "Censored": [before.censored for before in group.table],
        "Events": [before.events for before in group.table],
    }
    competing = [each.competing for each in group.table if each.competing is not None]
    return rows | {"Competing": competing} if competing else rows
