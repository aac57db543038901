"""A sheet of paper measured in inches from its upper left corner."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Rectangle

GREY = "#595959"

SPARE = 1.03
"""Words are a little wider at another resolution, or in a reader's own font."""

Place = tuple[float, float]
"""Distances from the left and from the top, in inches."""


@lru_cache(maxsize=4096)
def _size(words: str, **look: Any) -> tuple[float, float]:
    """The same on any sheet, in the one font that ``figure_files.settings`` says. Measuring takes
    as long as drawing, and a night says most words on several figures."""
    figure: Any = Figure(figsize=(1.0, 1.0))
    probe = figure.text(0.0, 0.0, words, **look)
    extent = probe.get_window_extent(FigureCanvasAgg(figure).get_renderer())
    return extent.width / figure.dpi, extent.height / figure.dpi


class Sheet:
    """A figure on which text and axes are placed by their distance from left and top."""

    def __init__(self, width: float, height: float) -> None:
        self.width = width
        self.height = height
        self.figure: Any = Figure(figsize=(width, height), facecolor="white")
        FigureCanvasAgg(self.figure)  # what it is drawn and measured by

    def text(self, x: float, y: float, words: str, **look: Any) -> None:
        """Write ``words`` with their baseline at ``y``."""
        placed = {"va": "baseline", "ha": "left", **look}
        self.figure.text(x / self.width, 1.0 - y / self.height, words, **placed)

    def size(self, words: str, **look: Any) -> tuple[float, float]:
        """Width and height that ``words`` would take."""
        return _size(words, **look)

    def line(self, x: tuple[float, float], y: float, **look: Any) -> None:
        """Draw a horizontal line."""
        ends = [edge / self.width for edge in x]
        level = [1.0 - y / self.height] * 2
        transform = self.figure.transFigure
        self.figure.add_artist(Line2D(ends, level, transform=transform, **look))

    def path(self, points: Sequence[Place], **look: Any) -> None:
        """Draw straight lines from place to place."""
        x, y = zip(*(self._at(place) for place in points), strict=True)
        self.figure.add_artist(Line2D(x, y, transform=self.figure.transFigure, **look))

    def arrow(self, start: Place, end: Place, **look: Any) -> None:
        """Draw a straight line that ends in a head."""
        drawn = {"arrowstyle": "-|>", "mutation_scale": 7.0, "shrinkA": 0.0, "shrinkB": 0.0, **look}
        ends = (self._at(start), self._at(end))
        transform = self.figure.transFigure
        self.figure.add_artist(FancyArrowPatch(*ends, transform=transform, **drawn))

    def box(self, left: float, top: float, width: float, height: float, **look: Any) -> None:
        """Draw a rectangle."""
        x, y = self._at((left, top + height))
        size = (width / self.width, height / self.height)
        transform = self.figure.transFigure
        self.figure.add_artist(Rectangle((x, y), *size, transform=transform, **look))

    def wrap(self, words: str, width: float, **look: Any) -> list[str]:
        """The words in lines no wider than ``width``; one that is wider alone keeps its line."""
        lines: list[str] = []
        for word in words.split(" "):
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.size(longer, **look)[0] * SPARE <= width:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def _at(self, place: Place) -> Place:
        return place[0] / self.width, 1.0 - place[1] / self.height

    def axes(self, left: float, top: float, width: float, height: float) -> Any:
        """Add axes whose frame has this place and size."""
        return self.figure.add_axes(
            (
                left / self.width,
                1.0 - (top + height) / self.height,
                width / self.width,
                height / self.height,
            )
        )
