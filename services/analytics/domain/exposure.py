"""How long a subject was watched for adverse events, and how much of it before the first one.

The definition says from when to when (``shared.study.endpoints.Exposure``). Days count at both
ends, so one treated on the day of the cutoff was watched for a day. An event whose start is not
known to the day counts from the first day it can have begun on, within the time watched.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from services.analytics.domain.adverse_events import AdverseEvent
from services.analytics.domain.subjects import Subject
from shared.study.endpoints import Exposure


@dataclass(frozen=True, slots=True)
class Watched:
    """The days from ``start`` to ``end``, both of them watched."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """Length in days."""
        return (self.end - self.start).days + 1


@dataclass(frozen=True, slots=True)
class AtRisk:
    """``events`` within the time watched; ``days`` to the first of them, or all where none is;
    ``watched`` in all. Added over subjects, ``subjects`` had an event."""

    subjects: int = 0
    events: int = 0
    days: int = 0
    watched: int = 0

    def __add__(self, other: "AtRisk") -> "AtRisk":
        """Two disjoint sets of subjects together."""
        return AtRisk(
            self.subjects + other.subjects,
            self.events + other.events,
            self.days + other.days,
            self.watched + other.watched,
        )


def watched(exposure: Exposure, subject: Subject, cutoff: date) -> Watched | None:
    """The time that a subject was watched; None for whom it never began."""
    start = subject.anchors.get(exposure.start)
    if start is None or start > cutoff:
        return None
    ends = [cutoff, *(subject.anchors[a] for a in exposure.ends_at if a in subject.anchors)]
    if exposure.end in subject.anchors:
        ends.append(subject.anchors[exposure.end] + timedelta(days=exposure.days_after))
    return Watched(start, max(start, min(ends)))


def at_risk(span: Watched | None, events: Iterable[AdverseEvent]) -> AtRisk:
    """What a subject adds to a rate of ``events``; nothing without time watched."""
    if span is None:
        return AtRisk()
    begun = [
        max(each.earliest, span.start)
        for each in events
        if each.latest >= span.start and each.earliest <= span.end
    ]
    if not begun:
        return AtRisk(days=span.days, watched=span.days)
    first = (min(begun) - span.start).days + 1
    return AtRisk(1, len(begun), first, span.days)
