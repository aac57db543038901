"""Where the name of a curve goes: beside its end, clear of other curves and names.

Pure geometry in points (1/72 inch) from the lower left corner of the axes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]
Segment = tuple[Point, Point]

GAP = 4.0
STEP = 3.0
MOST_STEPS = 30


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, upright."""

    left: float
    bottom: float
    width: float
    height: float

    def overlaps(self, other: "Box") -> bool:
        """Whether the two share more than an edge."""
        return (
            self.left < other.left + other.width
            and other.left < self.left + self.width
            and self.bottom < other.bottom + other.height
            and other.bottom < self.bottom + self.height
        )

    def meets(self, segment: Segment) -> bool:
        """Whether a horizontal or vertical segment touches it."""
        (x0, y0), (x1, y1) = segment
        return (
            min(x0, x1) <= self.left + self.width
            and max(x0, x1) >= self.left
            and min(y0, y1) <= self.bottom + self.height
            and max(y0, y1) >= self.bottom
        )


def place_labels(
    ends: Sequence[Point], sizes: Sequence[tuple[float, float]], segments: Sequence[Segment]
) -> list[Box]:
    """A box for each label: just right of the curve's end, or the nearest free height to that.

    ``sizes`` are widths and heights, ``segments`` all lines to keep clear of. Curves
    that end lowest choose first, as they have the least room. A label for which no
    height is free stays at its curve's end.
    """
    placed: dict[int, Box] = {}
    for index in sorted(range(len(ends)), key=lambda i: (ends[i][1], ends[i][0])):
        candidates = _candidates(ends[index], sizes[index])
        taken = list(placed.values())
        free = (box for box in candidates if not _blocked(box, taken, segments))
        placed[index] = next(free, candidates[0])
    return [placed[index] for index in range(len(ends))]


def _candidates(end: Point, size: tuple[float, float]) -> list[Box]:
    x, y = end
    width, height = size
    lowest = max(y - height / 2.0, GAP / 2.0)
    shifts = [0.0, *(sign * STEP * k for k in range(1, MOST_STEPS) for sign in (1, -1))]
    boxes = [Box(x + GAP, lowest + shift, width, height) for shift in shifts]
    return [box for box in boxes if box.bottom >= GAP / 2.0]


def _blocked(box: Box, taken: Sequence[Box], segments: Sequence[Segment]) -> bool:
    return any(box.overlaps(other) for other in taken) or any(
        box.meets(segment) for segment in segments
    )
