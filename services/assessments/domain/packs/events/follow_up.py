"""The day a subject's time runs to: its event, or how it is censored; or that nobody can say yet.

Where dates are known in part, an answer is given only if every completion of them gives the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from services.assessments.domain.packs.events.picking import Occurrence, Source
from services.assessments.domain.packs.spans import (
    Span,
    Verdict3,
    before,
    every,
    negation,
    on_or_before,
)

Kind = Literal["event", "last_seen", "horizon", "follow_up_ended", "never_seen", "competing"]


@dataclass(frozen=True, slots=True)
class Ending:
    """The date, of which kind, by which rule, and what it rests on."""

    day: date
    kind: Kind
    rule: str
    sources: tuple[Source, ...] = ()
    dated_by: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A rule and what it found; ``kind`` is what it makes of the time."""

    rule: str
    what: Occurrence
    kind: Kind


def ending(
    start: date, events: Sequence[Found], seen: Sequence[Found], limits: Sequence[Found]
) -> Ending | None:
    """The event or the censoring; None where partial dates leave it open.

    - The earliest of ``events`` on or before every limit; of two on one day the one named first.
    - Else the latest of ``seen``; a subject seen later than the earliest limit, or whose event
      came after it, is censored there.
    - Else, or where that lies before ``start``, at the start.
    """
    counted = [_counted(event, limits) for event in events]
    possible = [event for event in counted if event.what.exists is not False]
    if possible:
        return _event(possible)
    beyond = [event for event in events if event.what.exists is not False]
    return _censored(start, [*seen, *beyond], limits)


def _counted(event: Found, limits: Sequence[Found]) -> Found:
    what = event.what
    if what.exists is False:
        return event
    inside = every(limit.what.bounds_above(what.span) for limit in limits)
    return replace(event, what=replace(what, exists=every([what.exists, inside])))


def _event(possible: Sequence[Found]) -> Ending | None:
    for rank, event in enumerate(possible):
        day = event.what.span.exact
        if not event.what.exists or day is None:
            continue
        others = [(place, other) for place, other in enumerate(possible) if place != rank]
        if all(_yields(other.what.span, event.what.span, place < rank) for place, other in others):
            return _at(event, day)
    return None


def _yields(other: Span, span: Span, named_first: bool) -> bool:
    """Whether ``other`` certainly lies later, or on the same day and is named later."""
    return (before(span, other) if named_first else on_or_before(span, other)) is True


def _censored(start: date, seen: Sequence[Found], limits: Sequence[Found]) -> Ending | None:
    possible = [each for each in seen if each.what.exists is not False]
    outlived = _outlived(possible, limits)
    if outlived is None:
        return None
    if outlived:
        return _at_limit(start, limits)
    return _last_seen(start, possible)


def _outlived(possible: Sequence[Found], limits: Sequence[Found]) -> Verdict3:
    """Whether the subject was certainly seen after the earliest limit."""
    inside = (
        limit.what.bounds_above(each.what.span)
        for each in possible
        if each.what.exists
        for limit in limits
    )
    return negation(every(inside))


def _at_limit(start: date, limits: Sequence[Found]) -> Ending | None:
    possible = [limit for limit in limits if limit.what.exists is not False]
    first = _event(possible)
    if first is None:
        return None
    return first if first.day >= start else _never_seen(start)


def _last_seen(start: date, possible: Sequence[Found]) -> Ending | None:
    if all(before(each.what.span, Span(start, start)) for each in possible):
        return _never_seen(start)
    for each in possible:
        day = each.what.span.exact
        if not each.what.exists or day is None:
            continue
        if all(on_or_before(other.what.span, each.what.span) for other in possible):
            return _at(each, day)
    return None


def _at(found: Found, day: date) -> Ending:
    return Ending(day, found.kind, found.rule, found.what.sources, found.what.dated_by)


def _never_seen(start: date) -> Ending:
    return Ending(start, "never_seen", "never_seen")
