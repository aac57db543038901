"""The axes of a Kaplan-Meier figure and the names at the ends of its curves."""

from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from services.analytics.domain.panel import Panel
from services.analytics.figure_curves import Axes, Look, draw_curves
from services.analytics.figure_labels import GAP, Box, Point, Segment, place_labels
from services.analytics.figure_sheet import Sheet

LABEL_SIZE = 8.5
LABEL_CHARACTERS = 18  # to a line
POINTS = 72.0


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the axes lie on the sheet, in inches, and the time at their right end."""

    left: float
    top: float
    width: float
    height: float
    limit: float

    def x(self, time: float) -> float:
        """Distance of a time from the left edge of the sheet."""
        return self.left + time / self.limit * self.width

    def point(self, time: float, survival: float) -> Point:
        """A point of a curve in points from the lower left corner of the axes."""
        return (
            time / self.limit * self.width * POINTS,
            survival * self.height * POINTS,
        )


def label_width(sheet: Sheet, panel: Panel) -> float:
    """Room in inches that the names need to the right of the axes."""
    return max(sheet.size(_label(g.label), fontsize=LABEL_SIZE)[0] for g in panel.groups)


def draw_axes(sheet: Sheet, panel: Panel, frame: Frame) -> None:
    """Draw frame, ticks, curves and names."""
    axes = sheet.axes(frame.left, frame.top, frame.width, frame.height)
    axes.set_xlim(0.0, panel.limit)
    axes.set_ylim(0.0, 1.0)
    axes.set_xticks(panel.ticks, [f"{tick:g}" for tick in panel.ticks])
    axes.set_yticks([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    axes.set_xlabel(panel.time_axis)
    axes.set_ylabel(panel.value_axis)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=3.5, width=0.8)
    draw_curves(axes, panel)
    _draw_names(sheet, axes, panel, frame)


def _draw_names(sheet: Sheet, axes: Axes, panel: Panel, frame: Frame) -> None:
    named = [(Look.of(index), group) for index, group in enumerate(panel.groups) if group.steps]
    words = [_label(group.label) for _, group in named]
    sizes = [sheet.size(text, fontsize=LABEL_SIZE) for text in words]
    ends = [frame.point(group.steps[-1].end, group.steps[-1].height) for _, group in named]
    boxes = place_labels(
        ends,
        [(width * POINTS, height * POINTS) for width, height in sizes],
        _segments(panel, frame),
    )
    for (look, _), text, end, box in zip(named, words, ends, boxes, strict=True):
        _draw_leader(axes, end, box, look.colour)
        axes.annotate(
            text,
            (box.left, box.bottom + box.height / 2.0),
            xycoords="axes points",
            va="center",
            ha="left",
            fontsize=LABEL_SIZE,
            color=look.colour,
            annotation_clip=False,
            zorder=5,
        )


def _draw_leader(axes: Axes, end: Point, box: Box, colour: str) -> None:
    """A thin line from a curve's end to its name, where the name had to move away."""
    middle = box.bottom + box.height / 2.0
    if abs(middle - end[1]) <= box.height:
        return
    near = box.bottom if middle > end[1] else box.bottom + box.height
    stroke: dict[str, Any] = {"arrowstyle": "-", "color": colour, "linewidth": 0.6}
    axes.annotate(
        "",
        (box.left + GAP / 2.0, near),
        xytext=end,
        xycoords="axes points",
        textcoords="axes points",
        arrowprops={**stroke, "shrinkA": 0, "shrinkB": 0},
        annotation_clip=False,
        zorder=5,
    )


def _segments(panel: Panel, frame: Frame) -> list[Segment]:
    """Every horizontal and vertical piece of every curve."""
    segments: list[Segment] = []
    for group in panel.groups:
        before = panel.start
        for step in group.steps:
            corner = frame.point(step.start, step.height)
            segments.append((frame.point(step.start, before), corner))
            segments.append((corner, frame.point(step.end, step.height)))
            before = step.height
    return segments


def _label(label: str) -> str:
    return "\n".join(wrap(label, LABEL_CHARACTERS)) or label
