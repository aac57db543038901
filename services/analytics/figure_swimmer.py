"""A sheet of a swimmer plot: a line a subject, a shape a kind of event.

Shapes and line widths tell everything; colours (Okabe and Ito's) only help.
"""

from typing import Any

from services.analytics.domain.courses import Lane
from services.analytics.domain.swimmer import Sheet as SwimmerSheet
from services.analytics.figure_curves import COLOURS, Axes
from services.analytics.figure_frame import footer_lines, framed, heading_end
from services.analytics.figure_page import EDGE, WIDTH
from services.analytics.figure_sheet import Sheet

LANE = 0.138
KEY_LINE = 0.19
KEY_GAP = 0.24
SYMBOL = 0.26
LABEL_SIZE = 6.0
BELOW_AXES = 0.46
SHAPES = ("o", "^", "s", "v", "D", "P", "X", "h", "p", "<")
TREATED = {"color": "#5A5A5A", "linewidth": 4.6, "solid_capstyle": "butt"}
FOLLOWED = {"color": "#9A9A9A", "linewidth": 1.4, "solid_capstyle": "butt"}
LEFT = {
    "linestyle": "none",
    "marker": "|",
    "color": "#000000",
    "markersize": 7.0,
    "markeredgewidth": 1.4,
}
ONGOING = {
    "linestyle": "none",
    "marker": ">",
    "color": "#6E6E6E",
    "markersize": 4.4,
    "markeredgewidth": 0.0,
}
POINTS = 72.0
NEAR = 5.4  # points: marks nearer than that would cover each other
SHIFT = 0.54  # of a lane


def swimmer_page(drawn: SwimmerSheet, marking: str | None) -> Any:
    """A matplotlib figure of the sheet, with ``marking`` above the title."""
    probe = Sheet(WIDTH, 1.0)
    titles, footer = (drawn.title,), footer_lines(drawn.footer, WIDTH)
    key = _key_places(probe, drawn)
    heading = heading_end(titles, marking)
    top = heading + KEY_LINE * (1 + max(line for _, line, _ in key)) + 0.12
    height = LANE * (len(drawn.lanes) + 1)
    sheet = framed(WIDTH, top + height + BELOW_AXES, titles, marking, footer)
    _draw_key(sheet, key, heading + 0.04, drawn)
    left = EDGE + 0.1 + max(probe.size(lane.subject, fontsize=LABEL_SIZE)[0]
                            for lane in drawn.lanes)  # fmt: skip
    axes = sheet.axes(left, top, WIDTH - EDGE - 0.08 - left, height)
    _draw_lanes(axes, drawn, (WIDTH - EDGE - 0.08 - left) * POINTS)
    return sheet.figure


def _draw_lanes(axes: Axes, drawn: SwimmerSheet, width: float) -> None:
    axes.set_xlim(0.0, drawn.limit)
    axes.set_ylim(len(drawn.lanes), -1.0)
    axes.set_xticks(drawn.ticks, [f"{tick:g}" for tick in drawn.ticks])
    subjects = [lane.subject for lane in drawn.lanes]
    axes.set_yticks(range(len(subjects)), subjects, fontsize=LABEL_SIZE)
    axes.set_xlabel(drawn.time_axis)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=3.5, width=0.8)
    axes.tick_params(axis="y", length=0)
    for index, lane in enumerate(drawn.lanes):
        _draw_lane(axes, drawn, lane, float(index), width)


def _draw_lane(axes: Axes, drawn: SwimmerSheet, lane: Lane, y: float, width: float) -> None:
    unit = drawn.days_per_unit
    axes.plot([0.0, lane.end / unit], [y, y], zorder=1, clip_on=False, **FOLLOWED)
    if lane.treatment is not None:
        first, last = lane.treatment
        # A dose takes its whole day, so that a single one is seen as well.
        axes.plot([first / unit, (last + 1) / unit], [y, y], zorder=2, clip_on=False, **TREATED)
    point = drawn.limit / width  # one point on the axis
    if lane.left is not None:
        axes.plot([lane.left / unit], [y], zorder=3, clip_on=False, **LEFT)
    if lane.ongoing:
        drawn_last = max([*(day for _, day in lane.marks), *(lane.treatment or ())], default=0)
        covered = (lane.end - drawn_last) / unit < NEAR * point
        at = lane.end / unit + (NEAR * point if covered else 0.0)
        axes.plot([at], [y], zorder=3, clip_on=False, **ONGOING)
    for cluster in _clusters(lane, NEAR * point * unit):
        for place, (index, day) in enumerate(cluster):
            shift = (place - (len(cluster) - 1) / 2) * SHIFT
            axes.plot([day / unit], [y + shift], zorder=4 + index, **_look(index))


def _clusters(lane: Lane, near: float) -> list[list[tuple[int, int]]]:
    """Marks that would cover each other, together: each nearer than ``near`` days to the next."""
    clusters: list[list[tuple[int, int]]] = []
    for mark in lane.marks:
        if clusters and mark[1] - clusters[-1][-1][1] < near:
            clusters[-1].append(mark)
        else:
            clusters.append([mark])
    return clusters


def _look(index: int) -> dict[str, Any]:
    return {
        "linestyle": "none", "marker": SHAPES[index % len(SHAPES)], "markersize": 5.0,
        "color": COLOURS[index % len(COLOURS)], "markeredgecolor": "white",
        "markeredgewidth": 0.5, "clip_on": False,
    }  # fmt: skip


def _key_places(probe: Sheet, drawn: SwimmerSheet) -> list[tuple[float, int, str]]:
    """Left edge, line and words of each entry of the key: bar, line, ends, then the marks."""
    words = ("First to last dose", "On study", "Left the study", "Follow-up goes on", *drawn.marks)
    x, line, places = EDGE, 0, []
    for each in words:
        wide = SYMBOL + 0.06 + probe.size(each, fontsize=8)[0]
        if x + wide > WIDTH - EDGE and x > EDGE:
            x, line = EDGE, line + 1
        places.append((x, line, each))
        x += wide + KEY_GAP
    return places


def _draw_key(
    sheet: Sheet, key: list[tuple[float, int, str]], top: float, drawn: SwimmerSheet
) -> None:
    looks = ({"linestyle": "-", **TREATED}, {"linestyle": "-", **FOLLOWED},
             LEFT, ONGOING,
             *(_look(index) for index in range(len(drawn.marks))))  # fmt: skip
    for (x, line, words), look in zip(key, looks, strict=True):
        y = top + KEY_LINE * (line + 1)
        middle = y - 0.042
        if look["linestyle"] == "none":
            sheet.path([(x + SYMBOL / 2, middle)], **look)
        else:
            sheet.line((x, x + SYMBOL), middle, **look)
        sheet.text(x + SYMBOL + 0.06, y, words, fontsize=8)
