"""The figure of a simulated design: P(arm) by position, final count, predictability."""

from math import ceil, sqrt
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from services.randomization.domain.simulation import Report

NORMAL_999_TWO_SIDED = 3.2905
"""99.9 % of a normal distribution lie within so many standard deviations."""
BLUE, ORANGE, GREY, LIGHT = "#0072B2", "#D55E00", "#595959", "#BBD7EA"
SETTINGS = {
    "svg.hashsalt": "induct",  # Otherwise identifiers are drawn at random.
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.titlesize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
MOST_BARS = 60


def draw(report: Report, path: Path) -> None:
    """Write the figure as SVG or PNG, as ``path`` ends; the same report gives the same bytes."""
    with mpl.rc_context(SETTINGS):
        figure: Any = Figure(figsize=(7.6, 6.0), facecolor="white", layout="constrained")
        FigureCanvasAgg(figure)
        rows = figure.subplot_mosaic([["position", "position"], ["count", "guess"]])
        _positions(rows["position"], report)
        _counts(rows["count"], report)
        _guessing(rows["guess"], report)
        figure.suptitle(_title(report), x=0.01, ha="left", fontsize=10, fontweight="bold")
        undated = {"Date": None, "Creator": None} if path.suffix == ".svg" else {"Software": None}
        figure.savefig(path, format=path.suffix[1:], dpi=200, metadata=undated)


def _title(report: Report) -> str:
    design = report.design
    name = design.title or design.scheme.method.replace("_", " ")
    if len(name) > 70:
        name = f"{name[:69]}\N{HORIZONTAL ELLIPSIS}"
    return f"{name}\n{report.trials:,} simulated trials of {design.subjects} children"


def _positions(axes: Any, report: Report) -> None:
    arm, trials = report.arms[0], report.trials
    share = float(arm.share)
    reach = NORMAL_999_TWO_SIDED * sqrt(share * (1 - share) / trials)
    places = [place for place, chance in enumerate(arm.by_position, 1) if chance is not None]
    seen = [chance for chance in arm.by_position if chance is not None]
    axes.axhspan(share - reach, share + reach, color=LIGHT, alpha=0.6, lw=0)
    axes.axhline(share, color=GREY, lw=0.8)
    axes.plot(places, seen, color=BLUE, marker="o", ms=2.5, lw=0.7)
    axes.set_xlim(0.5, len(arm.by_position) + 0.5)
    room = 1.6 * max(reach, *(abs(chance - share) for chance in seen))
    axes.set_ylim(share - room, share + room)
    axes.set_xlabel("Position in the order of arrival")
    axes.set_ylabel(f"P({arm.code})")
    test = report.ratio_test
    verdict = "held" if test.holds else "NOT held"
    axes.set_title(
        f"P({arm.code}) by position: share {share:.4f} {verdict} (chi-square {test.statistic:.0f}"
        f" over {test.terms} terms, limit {test.limit:.0f}); band: 99.9 % of each position",
        loc="left",
        fontsize=8.5,
    )


def _counts(axes: Any, report: Report) -> None:
    arm, final = report.arms[0], report.arms[0].final
    width = ceil((final.most - final.least + 1) / MOST_BARS)
    first = int(final.least)
    heights: dict[int, float] = {}
    for count, times in arm.final_counts.items():
        start = first + (count - first) // width * width
        heights[start] = heights.get(start, 0.0) + times / report.trials
    inside = [final.lower <= start <= final.upper for start in heights]
    colours = [BLUE if each else LIGHT for each in inside]
    centres = [start + (width - 1) / 2 for start in heights]
    axes.bar(centres, list(heights.values()), width=0.9 * width, color=colours)
    if final.least == final.most:
        axes.set_xlim(final.least - 3, final.least + 3)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel(f"Children of {arm.code} at the end")
    axes.set_ylabel("Share of trials")
    axes.set_title(
        f"Final count: mean {final.mean:.1f}, SD {final.sd:.2f},"
        f" 95 % {final.lower:.0f} to {final.upper:.0f}",
        loc="left",
        fontsize=8.5,
    )


def _guessing(axes: Any, report: Report) -> None:
    found = report.guessing
    rows = [
        ("always the larger arm", float(found.floor), GREY),
        ("guessed right, simulated", found.correct, BLUE),
        ("certain, simulated", found.certain, ORANGE),
    ]
    if found.exact is not None:
        exact = f"exact, stratum of {found.exact.slots}"
        rows.insert(2, (exact, float(found.exact.correct), BLUE))
        rows.append((f"certain, {exact}", float(found.exact.certain), ORANGE))
    names, values, colours = zip(*reversed(rows), strict=True)
    axes.barh(names, values, color=colours, height=0.62)
    for place, value in enumerate(values):
        axes.text(value + 0.015, place, f"{value:.3f}", va="center", fontsize=8)
    axes.set_xlim(0, 1.08)
    axes.set_xlabel("Share of allocations")
    axes.set_title(fill(f"Guesser who {found.guesser}", 34), loc="left", fontsize=8.5)
