"""Adverse events of subjects inside the study's window, and who had which at what worst grade.

Subjects are counted and not events; whoever had none counts in the denominator. Windows and kinds
come from the study definition (registry outcomes "participants with adverse events").
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from services.analytics.domain.subjects import Subject
from shared.rules.terms import Term, term_list
from shared.study import StudyDefinition
from shared.study.dates import PartialDate
from shared.study.derivation import Record
from shared.study.endpoints import AdverseEventEndpoint, AdverseEventSummary
from shared.study.predicate import Truth, evaluate

UNGRADED = "ungraded"
NOT_CODED = "Not coded"


@dataclass(frozen=True, slots=True)
class AdverseEvent:
    """An event of a subject that began between ``earliest`` and ``latest``. ``term`` is None where
    the words are no term of the dictionary."""

    record: Record
    earliest: date
    latest: date
    term: Term | None
    grade: int | None

    @property
    def name(self) -> str:
        """The dictionary's term; the site's own words are free text, and stay where they are."""
        return NOT_CODED if self.term is None else self.term.name

    @property
    def organ_class(self) -> str:
        """The system organ class of the term."""
        return NOT_CODED if self.term is None else self.term.organ_class


def adverse_events(
    definition: StudyDefinition, endpoint: AdverseEventEndpoint, subject: Subject
) -> tuple[AdverseEvent, ...]:
    """The events of the subject that may lie in the window, in the order of their records.

    Of a start that is not known to the day an event is left out only where no such day lies inside.
    """
    inside = _window(definition, subject)
    form = definition.form(endpoint.form)
    dictionary = form.item(endpoint.term).dictionary
    terms = None if dictionary is None else term_list(dictionary)
    found = []
    for record in subject.records:
        started = _days(record.values.get(endpoint.start))
        if record.form == endpoint.form and started is not None and inside(*started):
            words = str(record.values.get(endpoint.term, ""))
            grade = record.values.get(endpoint.grade)
            found.append(
                AdverseEvent(
                    record,
                    *started,
                    None if terms is None else terms.find(words),
                    grade if isinstance(grade, int) else None,
                )
            )
    return tuple(found)


def of_kind(
    definition: StudyDefinition,
    summary: AdverseEventSummary,
    subject: Subject,
    events: Iterable[AdverseEvent],
) -> tuple[AdverseEvent, ...]:
    """The events of a subject that a summary counts: those of which its rule is true."""
    thresholds = definition.thresholds_by_id()
    since = None if summary.since is None else subject.anchors.get(summary.since, date.max)
    return tuple(
        each
        for each in events
        if (since is None or each.latest >= since)
        and (
            summary.where is None
            or evaluate(summary.where, each.record.values, thresholds) is Truth.TRUE
        )
    )


def worst_grade(events: Iterable[AdverseEvent]) -> str | None:
    """The highest grade as text; ``UNGRADED`` where no event has one, None where there is none."""
    grades = [each.grade for each in events]
    if not grades:
        return None
    known = [grade for grade in grades if grade is not None]
    return str(max(known)) if known else UNGRADED


def by_term(events: Iterable[AdverseEvent]) -> dict[tuple[str, str], list[AdverseEvent]]:
    """The events by system organ class and term."""
    found: dict[tuple[str, str], list[AdverseEvent]] = {}
    for each in events:
        found.setdefault((each.organ_class, each.name), []).append(each)
    return found


def _window(definition: StudyDefinition, subject: Subject) -> Callable[[date, date], bool]:
    """Whether a start may lie in the safety window; before the end of treatment it has no end."""
    if definition.safety is None:
        return lambda earliest, latest: True
    window = definition.safety.window
    first = subject.anchors.get(window.start)
    end = subject.anchors.get(window.end)
    last = None if end is None else end + timedelta(days=window.days_after)

    def inside(earliest: date, latest: date) -> bool:
        return (first is None or latest >= first) and (last is None or earliest <= last)

    return inside


def _days(start: object) -> tuple[date, date] | None:
    if isinstance(start, PartialDate):
        return start.earliest, start.latest
    return (start, start) if isinstance(start, date) else None


def grades(definition: StudyDefinition, endpoint: AdverseEventEndpoint) -> Iterator[str]:
    """Every grade that an event of the form can have, least first; then ``UNGRADED``."""
    item = definition.form(endpoint.form).item(endpoint.grade)
    least, most = int(item.minimum or 1), int(item.maximum or 5)
    yield from (str(grade) for grade in range(least, most + 1))
    yield UNGRADED
