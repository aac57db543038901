"""What lies inside the axes of a Kaplan-Meier figure: curves, bands, marks, end labels.

Style: Okabe and Ito's colours, distinct also to colour-blind readers, and a line
style for each group, distinct without any colour.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from services.analytics.domain.panel import Panel, PanelGroup, Step

Axes = Any  # matplotlib carries no types this project checks against.

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LINE_STYLES = ("-", (0, (5, 1.6)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)))
BAND_ALPHA = 0.16
PALE_ALPHA = 0.4
GUIDE_COLOUR = "#8C8C8C"
LINE_WIDTH = 1.6


@dataclass(frozen=True, slots=True)
class Look:
    """Colour and line style of the group at one place of the order."""

    colour: str
    line_style: Any

    @classmethod
    def of(cls, index: int) -> "Look":
        """Looks repeat only after every colour and style has been used together."""
        return cls(COLOURS[index % len(COLOURS)], LINE_STYLES[index % len(LINE_STYLES)])


def draw_curves(axes: Axes, panel: Panel) -> None:
    """Draw all groups; the axes are in the reporting unit and in probability."""
    _draw_median_guides(axes, panel.groups)
    for index, group in enumerate(panel.groups):
        look = Look.of(index)
        full, pale = _split(group)
        for steps, alpha in ((full, 1.0), (pale, PALE_ALPHA)):
            _draw_band(axes, steps, look, alpha)
        _draw_line(axes, full, look, 1.0, start=panel.start)
        _draw_line(axes, pale, look, PALE_ALPHA, start=full[-1].height if full else panel.start)
        _draw_censor_marks(axes, group, look)


def _split(group: PanelGroup) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """Steps read with enough subjects at risk, and the rest."""
    if group.sparse_from is None:
        return group.steps, ()
    full = tuple(step for step in group.steps if step.start < group.sparse_from)
    return full, group.steps[len(full) :]


def _draw_line(
    axes: Axes, steps: Sequence[Step], look: Look, alpha: float, *, start: float
) -> None:
    if not steps:
        return
    x, y = [steps[0].start], [start]
    for step in steps:
        x += [step.start, step.end]
        y += [step.height, step.height]
    axes.plot(
        x,
        y,
        color=look.colour,
        linestyle=look.line_style,
        linewidth=LINE_WIDTH,
        alpha=alpha,
        solid_capstyle="butt",
        solid_joinstyle="miter",
        dash_capstyle="butt",
        dash_joinstyle="miter",
        clip_on=False,
        zorder=3,
    )


def _draw_band(axes: Axes, steps: Sequence[Step], look: Look, alpha: float) -> None:
    for run in _runs_with_limits(steps):
        x = [edge for step in run for edge in (step.start, step.end)]
        lower = [step.lower for step in run for _ in range(2)]
        upper = [step.upper for step in run for _ in range(2)]
        axes.fill_between(
            x, lower, upper, color=look.colour, alpha=BAND_ALPHA * alpha, linewidth=0, zorder=1
        )


def _runs_with_limits(steps: Iterable[Step]) -> list[list[Step]]:
    """Neighbouring steps with limits, so that a band breaks where there are none."""
    runs: list[list[Step]] = [[]]
    for step in steps:
        if step.lower is None or step.upper is None:
            runs.append([])
        else:
            runs[-1].append(step)
    return [run for run in runs if run]


def _draw_censor_marks(axes: Axes, group: PanelGroup, look: Look) -> None:
    if not group.censor_marks:
        return
    x, y = zip(*group.censor_marks, strict=True)
    axes.plot(
        x,
        y,
        linestyle="none",
        marker="|",
        markersize=5.5,
        markeredgewidth=0.9,
        color=look.colour,
        clip_on=False,
        zorder=4,
    )


def _draw_median_guides(axes: Axes, groups: Iterable[PanelGroup]) -> None:
    """From the axis at one half to every median that can be estimated, and down."""
    medians = [group.median.value for group in groups if group.median.value is not None]
    style = {"color": GUIDE_COLOUR, "linewidth": 0.7, "linestyle": (0, (1, 2)), "zorder": 2}
    if medians:
        axes.plot([0.0, max(medians)], [0.5, 0.5], **style)
    for median in medians:
        axes.plot([median, median], [0.0, 0.5], **style)
