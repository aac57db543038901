"""The page of a forest plot: names and sizes, the effects, the numbers, in inches from the top."""

from typing import Any

from services.analytics.domain.estimate import Estimate
from services.analytics.domain.forest import Forest, ForestLine, tick_label
from services.analytics.figure_curves import Axes
from services.analytics.figure_frame import footer_lines, framed, heading_end
from services.analytics.figure_page import EDGE, WIDTH
from services.analytics.figure_sheet import GREY, Sheet

SIZE = 8.0
LINE = 0.2
INDENT = 0.14
LABELS = 1.4  # room for names; longer ones make the page broader, not the plot narrower
GAP = 0.18
BELOW_AXES = 0.66
COLOUR = "#0072B2"
ALL_COLOUR = "#000000"
LARGEST = 9.0  # points: side of the square of everybody
SMALLEST = 3.0


def forest_page(forest: Forest, marking: str | None) -> Any:
    """A matplotlib figure of the plot, with ``marking`` above the title."""
    probe = Sheet(WIDTH, 1.0)
    width = WIDTH + max(_label_width(probe, forest) - LABELS, 0.0)
    footer = footer_lines(forest.footer, width)
    titles = probe.wrap(forest.title, width - 2 * EDGE, fontsize=11, fontweight="bold")
    top = heading_end(titles, marking) + 0.1 + 2 * LINE
    height = LINE * len(forest.lines)
    sheet = framed(width, top + height + BELOW_AXES, titles, marking, footer)
    left, right = _draw_words(sheet, forest, top)
    axes = sheet.axes(left, top, right - left, height)
    _draw_effects(axes, forest)
    _draw_sides(sheet, forest, left, right, top + height)
    return sheet.figure


def _draw_words(sheet: Sheet, forest: Forest, top: float) -> tuple[float, float]:
    """The columns of words; answers where the axes begin and end."""
    heads = [f"{arm}\nevents/n" for arm in forest.arms]
    last = f"{forest.effect.header}\n(limits)"
    x = EDGE + GAP + _label_width(sheet, forest)
    for column, head in enumerate(heads):
        width = max(sheet.size(words, fontsize=SIZE)[0]
                    for words in (*head.split("\n"),
                                  *(line.sizes[column] for line in forest.lines)))  # fmt: skip
        _draw_head(sheet, x + width, top, head)
        for index, line in enumerate(forest.lines):
            sheet.text(x + width, _baseline(top, index), line.sizes[column], fontsize=SIZE,
                       ha="right")  # fmt: skip
        x += width + GAP
    shown = [line.shown or line.interaction for line in forest.lines]
    wide = max(sheet.size(words, fontsize=SIZE)[0] for words in (*last.split("\n"), *shown))
    _draw_head(sheet, sheet.width - EDGE, top, last)
    for index, line in enumerate(forest.lines):
        y = _baseline(top, index)
        bold = "normal" if line.depth else "bold"
        sheet.text(EDGE + INDENT * line.depth, y, line.label, fontsize=SIZE, fontweight=bold)
        sheet.text(sheet.width - EDGE, y, shown[index], fontsize=SIZE, ha="right")
    return x, sheet.width - EDGE - wide - GAP


def _label_width(sheet: Sheet, forest: Forest) -> float:
    return max(
        sheet.size(line.label, fontsize=SIZE, fontweight="bold")[0] + INDENT * line.depth
        for line in forest.lines
    )


def _draw_head(sheet: Sheet, right: float, top: float, words: str) -> None:
    for line, part in enumerate(reversed(words.split("\n"))):
        sheet.text(right, top - 0.06 - line * LINE * 0.85, part, fontsize=SIZE, color=GREY,
                   ha="right")  # fmt: skip


def _baseline(top: float, index: int) -> float:
    return top + LINE * (index + 0.5) + 0.04


def _draw_effects(axes: Axes, forest: Forest) -> None:
    axes.set_xscale("log" if forest.effect.logarithmic else "linear")
    axes.set_xlim(forest.ticks[0], forest.ticks[-1])
    axes.set_xticks(forest.ticks, [tick_label(tick) for tick in forest.ticks])
    axes.minorticks_off()
    axes.set_ylim(len(forest.lines) - 0.5, -0.5)
    axes.set_yticks([])
    axes.set_xlabel(forest.effect.axis, labelpad=18)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.axvline(forest.effect.none, color=GREY, linewidth=0.8, zorder=1)
    for index, line in enumerate(forest.lines):
        if line.estimate is not None and line.estimate.value is not None:
            _draw_effect(axes, forest, line, line.estimate, index)


def _draw_effect(axes: Axes, forest: Forest, line: ForestLine, estimate: Estimate, y: int) -> None:
    whole = y == 0
    colour = ALL_COLOUR if whole else COLOUR
    left, right = forest.ticks[0], forest.ticks[-1]
    lower = left if estimate.lower is None else max(estimate.lower, left)
    upper = right if estimate.upper is None else min(estimate.upper, right)
    axes.plot([lower, upper], [y, y], color=colour, linewidth=1.2, zorder=2, clip_on=False)
    # An arrow where the limit is beyond the axis, or there is none.
    ends = ((estimate.lower is None or estimate.lower < left, left, "<"),
            (estimate.upper is None or estimate.upper > right, right, ">"))  # fmt: skip
    for beyond, at, shape in ends:
        if beyond:
            axes.plot([at], [y], marker=shape, markersize=4.5, color=colour, linestyle="none",
                      clip_on=False, zorder=3)  # fmt: skip
    if left <= (estimate.value or 0.0) <= right:
        size = max(LARGEST * line.share**0.5, SMALLEST)
        axes.plot([estimate.value], [y], marker="D" if whole else "s", color=colour,
                  markersize=7.0 if whole else size, linestyle="none", clip_on=False,
                  zorder=3)  # fmt: skip


def _draw_sides(sheet: Sheet, forest: Forest, left: float, right: float, below: float) -> None:
    """The words on both sides of no effect, below the ticks and kept apart."""
    words = (f"\N{LEFTWARDS ARROW} {forest.sides[0]}", f"{forest.sides[1]} \N{RIGHTWARDS ARROW}")
    sheet.text(left, below + 0.36, words[0], fontsize=7.0, color=GREY)
    sheet.text(right, below + 0.36, words[1], fontsize=7.0, color=GREY, ha="right")
