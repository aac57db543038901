"""A sheet of paper measured in inches from its upper left corner."""

from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

GREY = "#595959"


class Sheet:
    """A figure on which text and axes are placed by their distance from left and top."""

    def __init__(self, width: float, height: float) -> None:
        self.width = width
        self.height = height
        self.figure: Any = Figure(figsize=(width, height), facecolor="white")
        self._renderer: Any = FigureCanvasAgg(self.figure).get_renderer()

    def text(self, x: float, y: float, words: str, **look: Any) -> None:
        """Write ``words`` with their baseline at ``y``."""
        placed = {"va": "baseline", "ha": "left", **look}
        self.figure.text(x / self.width, 1.0 - y / self.height, words, **placed)

    def size(self, words: str, **look: Any) -> tuple[float, float]:
        """Width and height that ``words`` would take."""
        probe = self.figure.text(0.0, 0.0, words, **look)
        extent = probe.get_window_extent(self._renderer)
        probe.remove()
        return extent.width / self.figure.dpi, extent.height / self.figure.dpi

    def line(self, x: tuple[float, float], y: float, **look: Any) -> None:
        """Draw a horizontal line."""
        ends = [edge / self.width for edge in x]
        level = [1.0 - y / self.height] * 2
        transform = self.figure.transFigure
        self.figure.add_artist(Line2D(ends, level, transform=transform, **look))

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
