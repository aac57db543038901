"""The page of the flow diagram of participants, in inches from the top.

Black on white, boxes as high as their words: nothing in it needs a colour.
"""

from dataclasses import dataclass
from typing import Any

from services.analytics.domain.flow_chart import Box, Column, FlowChart
from services.analytics.figure_frame import footer_lines, framed, heading_end
from services.analytics.figure_page import EDGE
from services.analytics.figure_sheet import Place, Sheet

WIDTH = 10.2  # as a landscape page: the broader, the fewer lines, the larger on paper
SIZE = 8.0
LINE = 0.15
PADDING = 0.08
INDENT = 0.16
GAP = 0.22  # between boxes: room for an arrow
STAGE = 0.24  # width of the band that names a stage
LEFT = EDGE + STAGE + 0.14
TRUNK_WIDTH = 2.4
ASIDE_GAP = 0.3
COLUMN_GAP = 0.16
WIDEST_COLUMN = 5.6
STAGES = ("Enrolment", "Allocation", "Follow-up", "Analysis")
STAGE_FILL = "#E6E6E6"
INK = {"color": "black", "linewidth": 0.8}


@dataclass(frozen=True, slots=True)
class _Placed:
    """A box with its words broken into lines: text, depth, whether bold."""

    left: float
    width: float
    lines: tuple[tuple[str, int, bool], ...]

    @property
    def height(self) -> float:
        return LINE * len(self.lines) + 2 * PADDING

    @property
    def middle(self) -> float:
        return self.left + self.width / 2


def flow_page(chart: FlowChart, marking: str | None) -> Any:
    """A matplotlib figure of the diagram, with ``marking`` above the title."""
    page = _Page(chart, Sheet(WIDTH, 1.0))
    titles, footer = (chart.title,), footer_lines(chart.footer, WIDTH)
    top = heading_end(titles, marking) + 0.14
    sheet = framed(WIDTH, top + page.height + 0.1, titles, marking, footer)
    page.draw(sheet, top)
    return sheet.figure


class _Page:
    """Boxes in rows; a row is as high as its highest box."""

    def __init__(self, chart: FlowChart, probe: Sheet) -> None:
        right = WIDTH - EDGE
        trunk = (LEFT + right) / 2
        left = trunk - TRUNK_WIDTH / 2
        self.registered = _place(probe, chart.registered, left, TRUNK_WIDTH)
        self.randomized = _place(probe, chart.randomized, left, TRUNK_WIDTH)
        beside = trunk + ASIDE_GAP
        self.aside = _place(probe, chart.aside, beside, right - beside)
        number = len(chart.columns)
        room = (right - LEFT - COLUMN_GAP * (number - 1)) / number
        width = min(room, WIDEST_COLUMN)
        start = trunk - (width * number + COLUMN_GAP * (number - 1)) / 2
        self.columns = [
            [_place(probe, box, start + index * (width + COLUMN_GAP), width)
             for box in _boxes(column)]
            for index, column in enumerate(chart.columns)
        ]  # fmt: skip
        # Without a box of follow-up its stage is left out as well.
        number = len(self.columns[0])
        self.stages = STAGES if number == len(STAGES) - 1 else (*STAGES[:2], STAGES[3])
        names = [_length(probe, stage) for stage in self.stages[1:]]
        heights = (max(box.height for box in row) for row in zip(*self.columns, strict=True))
        self.rows: list[float] = [max(pair) for pair in zip(heights, names, strict=True)]

    @property
    def enrolment(self) -> float:
        """Height of everything above the arms."""
        boxes = (self.registered, self.aside, self.randomized)
        return sum(box.height for box in boxes) + 2 * GAP

    @property
    def height(self) -> float:
        return self.enrolment + sum(GAP + row for row in self.rows)

    def draw(self, sheet: Sheet, top: float) -> None:
        below = self._draw_enrolment(sheet, top)
        _draw_stage(sheet, top, self.enrolment, self.stages[0])
        tops = []
        y = below
        for row, stage in zip(self.rows, self.stages[1:], strict=True):
            y += GAP
            tops.append(y)
            _draw_stage(sheet, y, row, stage)
            y += row
        self._draw_split(sheet, below)
        for column in self.columns:
            for box, at in zip(column, tops, strict=True):
                _draw_box(sheet, box, at)
            for box, at, following in zip(column, tops, tops[1:], strict=False):
                _draw_arrow(sheet, (box.middle, at + box.height), (box.middle, following))

    def _draw_enrolment(self, sheet: Sheet, top: float) -> float:
        """Answers where the box of the randomized ends."""
        x = self.registered.middle
        _draw_box(sheet, self.registered, top)
        first_end = top + self.registered.height
        aside = first_end + GAP
        middle = aside + self.aside.height / 2
        _draw_box(sheet, self.aside, aside)
        randomized = aside + self.aside.height + GAP
        _draw_arrow(sheet, (x, middle), (self.aside.left, middle))
        _draw_arrow(sheet, (x, first_end), (x, randomized))
        _draw_box(sheet, self.randomized, randomized)
        return randomized + self.randomized.height

    def _draw_split(self, sheet: Sheet, below: float) -> None:
        level = below + GAP / 2
        for column in self.columns:
            start = (self.randomized.middle, below)
            sheet.path([start, (start[0], level), (column[0].middle, level)], **INK)
            _draw_arrow(sheet, (column[0].middle, level), (column[0].middle, below + GAP))


def _boxes(column: Column) -> list[Box]:
    return [box for box in (column.allocated, column.followed, column.analysed) if box is not None]


def _place(probe: Sheet, box: Box, left: float, width: float) -> _Placed:
    room = width - 2 * PADDING
    heading = probe.wrap(box.heading, room, fontsize=SIZE, fontweight="bold")
    lines = [(words, 0, True) for words in heading]
    for line in box.lines:
        broken = probe.wrap(line.words, room - INDENT * (line.depth + 1), fontsize=SIZE)
        # What does not fit on its line goes on below it, set in.
        lines += [(words, line.depth + bool(index), False) for index, words in enumerate(broken)]
    return _Placed(left, width, tuple(lines))


def _draw_box(sheet: Sheet, box: _Placed, top: float) -> None:
    look = {"facecolor": "white", "edgecolor": "black", "linewidth": 0.8}
    sheet.box(box.left, top, box.width, box.height, **look)
    for index, (words, depth, bold) in enumerate(box.lines, start=1):
        weight = "bold" if bold else "normal"
        x, y = box.left + PADDING + INDENT * depth, top + PADDING + LINE * index - 0.035
        sheet.text(x, y, words, fontsize=SIZE, fontweight=weight)


def _draw_stage(sheet: Sheet, top: float, height: float, name: str) -> None:
    sheet.box(EDGE, top, STAGE, height, facecolor=STAGE_FILL, edgecolor="none")
    look = {"rotation": 90, "ha": "center", "va": "center", "fontsize": SIZE, "fontweight": "bold"}
    sheet.text(EDGE + STAGE / 2, top + height / 2, name, **look)


def _length(probe: Sheet, stage: str) -> float:
    """Room that the name of a stage needs along its band."""
    return probe.size(stage, fontsize=SIZE, fontweight="bold")[0] + 2 * PADDING


def _draw_arrow(sheet: Sheet, start: Place, end: Place) -> None:
    sheet.arrow(start, end, **INK)
