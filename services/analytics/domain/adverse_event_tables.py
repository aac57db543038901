"""What is counted of adverse events: the events of every subject by category."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.analytics.domain.adverse_events import (
    AdverseEvent,
    adverse_events,
    by_term,
    of_kind,
    worst_grade,
)
from services.analytics.domain.subjects import Subject
from shared.study import StudyDefinition
from shared.study.endpoints import AdverseEventEndpoint

Events = Mapping[str, Sequence[AdverseEvent]]
"""Events by subject; a subject without events has an entry too."""


@dataclass(frozen=True, slots=True)
class EventTable:
    """A category, the events of each subject in it, and the worst grade (None: no event)."""

    category: str
    events: Events
    worst: Mapping[str, str | None]


def event_tables(
    definition: StudyDefinition, endpoint: AdverseEventEndpoint, subjects: Sequence[Subject]
) -> Iterator[EventTable]:
    """A table for each summary of the definition (``serious``), and, where events are counted by
    term, for each system organ class and term in it (``serious: Infections: Sepsis``)."""
    found = {each.id: adverse_events(definition, endpoint, each) for each in subjects}
    for summary in endpoint.summaries:
        counted = {
            subject.id: of_kind(definition, summary, subject, found[subject.id])
            for subject in subjects
        }
        yield _table(summary.id, counted)
        if endpoint.by == "term":
            yield from _by_term(summary.id, counted)


def _by_term(summary: str, counted: Events) -> Iterator[EventTable]:
    """Each system organ class, then its terms: a subject once at each level."""
    classes = {s: _by_class(events) for s, events in counted.items()}
    terms = {s: by_term(events) for s, events in counted.items()}
    for organ_class in sorted({each for own in classes.values() for each in own}):
        of_class = {s: own.get(organ_class, ()) for s, own in classes.items()}
        yield _table(f"{summary}: {organ_class}", of_class)
        names = sorted({name for own in terms.values() for of, name in own if of == organ_class})
        for name in names:
            of_term = {s: own.get((organ_class, name), ()) for s, own in terms.items()}
            yield _table(f"{summary}: {organ_class}: {name}", of_term)


def _table(category: str, events: Events) -> EventTable:
    return EventTable(category, events, {s: worst_grade(own) for s, own in events.items()})


def _by_class(events: Sequence[AdverseEvent]) -> dict[str, list[AdverseEvent]]:
    found: dict[str, list[AdverseEvent]] = {}
    for each in events:
        found.setdefault(each.organ_class, []).append(each)
    return found
