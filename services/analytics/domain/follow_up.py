"""Until when a subject is followed for an endpoint, and what its time is when nothing happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from services.analytics.domain.subjects import Subject, occurrences
from shared.study import StudyDefinition
from shared.study.dates import Period
from shared.study.derivation import Occurrence
from shared.study.endpoints import Horizon, ProportionEndpoint, TimeToEventEndpoint

NOTHING_LATER = "No later date: censored at the origin"


class Censoring(IntEnum):
    """CNSR: 0 is an event, every other value a reason for censoring."""

    EVENT = 0
    LAST_SEEN = 1
    HORIZON = 2
    FOLLOW_UP_ENDED = 3
    NEVER_SEEN = 4


@dataclass(frozen=True, slots=True)
class Ending:
    """The date a time runs to, why, in words (EVNTDESC or CNSDTDSC), and what it rests on: an
    occurrence, or the anchor at which follow-up ended."""

    date: date
    reason: Censoring
    description: str
    occurrence: Occurrence | None = None
    anchor: str | None = None


def horizon_end(definition: StudyDefinition, horizon: Horizon, subject: Subject) -> Ending | None:
    """The anniversary after which nothing counts; None where its anchor has no date."""
    if horizon.anchor not in subject.anchors:
        return None
    last = Period(years=horizon.years).after(subject.anchors[horizon.anchor])
    label = definition.anchor(horizon.anchor).label
    return Ending(last, Censoring.HORIZON, f"{horizon.years} years from: {label}")


def last_day(
    definition: StudyDefinition,
    endpoint: TimeToEventEndpoint | ProportionEndpoint,
    subject: Subject,
) -> Ending | None:
    """The earliest of the horizon and the anchors that end follow-up; None where none is dated."""
    return min(_limits(definition, endpoint, subject), key=lambda each: each.date, default=None)


def _limits(
    definition: StudyDefinition,
    endpoint: TimeToEventEndpoint | ProportionEndpoint,
    subject: Subject,
) -> Iterator[Ending]:
    if endpoint.horizon is not None:
        end = horizon_end(definition, endpoint.horizon, subject)
        if end is not None:
            yield end
    if isinstance(endpoint, TimeToEventEndpoint):
        for anchor in endpoint.censor_at:
            if anchor in subject.anchors:
                label = definition.anchor(anchor).label
                ended = subject.anchors[anchor]
                yield Ending(ended, Censoring.FOLLOW_UP_ENDED, label, anchor=anchor)


def ending(
    definition: StudyDefinition, endpoint: TimeToEventEndpoint, subject: Subject, until: date
) -> Ending:
    """The event, or how the subject is censored.

    - The earliest event by the last day of follow-up; of two on one date the one named first in
      the definition. On the last day itself an event beats censoring.
    - Else the latest censoring date. Later than the last day, it is censored there, and so is a
      subject whose event came later: until then it was free of it.
    - Else, or where that lies before the origin, the origin.
    """
    start = subject.anchors[endpoint.origin]
    events = occurrences(definition, endpoint.events, subject, until)
    last = last_day(definition, endpoint, subject)
    if events and (last is None or events[0].date <= last.date):
        words = definition.event_source(events[0].source).description
        return Ending(events[0].date, Censoring.EVENT, words, events[0])
    seen = occurrences(definition, endpoint.censoring, subject, until)
    latest = max((each.date for each in (*events, *seen)), default=None)
    if latest is not None and last is not None and latest > last.date:
        return last if last.date >= start else _never_seen(start)
    if latest is None or latest < start:
        return _never_seen(start)
    final = next(each for each in seen if each.date == latest)
    words = definition.event_source(final.source).description
    return Ending(latest, Censoring.LAST_SEEN, words, final)


def _never_seen(start: date) -> Ending:
    return Ending(start, Censoring.NEVER_SEEN, NOTHING_LATER)
