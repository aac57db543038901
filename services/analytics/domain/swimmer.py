"""The sheets of a swimmer plot, ready to be drawn: an arm after another, the longest time first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from services.analytics.domain.canonical import content_hash
from services.analytics.domain.courses import Lane
from services.analytics.domain.display import listed
from services.analytics.domain.panel_text import SHOWN_DIGITS_OF_HASH
from services.analytics.domain.ticks import time_ticks
from shared.study import StudyDefinition
from shared.study.disposition import Course

SWIMMER = "SWIM"
LANES_ON_A_SHEET = 34
MOST_LANES = 300
_KEY = (
    "A line a subject: to the end named in the key, else to when the subject was last seen. "
    "Marks that would cover each other stand one above the other."
)
TOO_MANY = f"more than {MOST_LANES} subjects: a line each cannot be read"


@dataclass(frozen=True, slots=True)
class Sheet:
    """Lanes of one arm, in days; ``days_per_unit`` divides them for display. All sheets share
    ``ticks`` and ``limit``, which are in the unit of figures."""

    name: str
    title: str
    lanes: tuple[Lane, ...]
    marks: tuple[str, ...]
    days_per_unit: float
    time_axis: str
    ticks: tuple[float, ...]
    limit: float
    footer: tuple[str, ...]
    alt_text: str


def swimmer_sheets(
    definition: StudyDefinition,
    course: Course,
    lanes: Sequence[Lane],
    cutoff: date,
    versions: Sequence[str],
) -> Iterator[Sheet]:
    """The sheets of every arm in its order; an arm without subjects has none."""
    unit = definition.analysis.axis_unit
    days = float(unit.days)
    longest = max((lane.end for lane in lanes), default=0) / days
    ticks = time_ticks(longest, unit.name)
    origin = definition.anchor(course.start).label.lower()
    inputs = content_hash([lane.to_json(course) for lane in lanes])[:SHOWN_DIGITS_OF_HASH]
    footer = (
        _KEY,
        listed(("Population: all randomized, by arm randomized",
                f"Data cutoff: {cutoff.isoformat()}", f"Inputs {inputs}", *versions)),
    )  # fmt: skip
    number = 0
    for arm in definition.arms:
        own = sorted((lane for lane in lanes if lane.arm == arm.code), key=_longest_first)
        parts = range(0, len(own), LANES_ON_A_SHEET)
        for part, begin in enumerate(parts, start=1):
            number += 1
            title = f"Time on study, {arm.code} (n = {len(own)}), {definition.id}"
            title += f": sheet {part} of {len(parts)}" if len(parts) > 1 else ""
            shown = tuple(own[begin : begin + LANES_ON_A_SHEET])
            yield Sheet(
                name=f"{SWIMMER}_P{number}", title=title, lanes=shown,
                marks=tuple(mark.label for mark in course.marks), days_per_unit=days,
                time_axis=f"{unit.name.capitalize()} since {origin}", ticks=ticks,
                limit=max(longest, ticks[-1]), footer=footer,
                alt_text=_in_words(title, cutoff, course, shown),
            )  # fmt: skip


def _longest_first(lane: Lane) -> tuple[int, str]:
    return -lane.end, lane.subject


def _in_words(title: str, cutoff: date, course: Course, lanes: Sequence[Lane]) -> str:
    marked = (
        f"{mark.label}: {sum(any(i == index for i, _ in lane.marks) for lane in lanes)}"
        for index, mark in enumerate(course.marks)
    )
    treated = sum(lane.treatment is not None for lane in lanes)
    ongoing, left = (
        sum(lane.ongoing for lane in lanes),
        sum(lane.left is not None for lane in lanes),
    )
    parts = "; ".join((f"treated: {treated}", *marked, f"left the study: {left}",
                       f"follow-up goes on: {ongoing}"))  # fmt: skip
    first = f"Swimmer plot. {title}, data cutoff {cutoff.isoformat()}."
    return f"{first} Of {len(lanes)} subjects shown: {parts}."
