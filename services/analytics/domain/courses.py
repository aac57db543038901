"""Each subject's time on study: what a swimmer plot draws a line of. By arm, and so closed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from services.analytics.domain.results import JsonValue
from services.analytics.domain.subjects import Subject, occurrences
from shared.study import StudyDefinition
from shared.study.derivation import record_date, select_record
from shared.study.disposition import Course, CourseMark, Disposition


@dataclass(frozen=True, slots=True)
class Lane:
    """One subject in whole days from the course's start, which is day 0.

    ``treatment`` is the first and the last dose, ``marks`` are (index of the definition's mark,
    day) by day. ``left`` is the day on which the subject left the study, None where it did not.
    ``ongoing`` says that nothing ended its follow-up.
    """

    subject: str
    arm: str
    end: int
    ongoing: bool
    left: int | None
    treatment: tuple[int, int] | None
    marks: tuple[tuple[int, int], ...]

    def to_json(self, course: Course) -> dict[str, JsonValue]:
        """The lane for a closed file."""
        return {
            "subject": self.subject,
            "arm": self.arm,
            "end": self.end,
            "ongoing": self.ongoing,
            "left": self.left,
            "treatment": self.treatment,
            "marks": [[course.marks[index].label, day] for index, day in self.marks],
        }


def lanes(
    definition: StudyDefinition,
    disposition: Disposition,
    course: Course,
    subjects: Sequence[Subject],
    cutoff: date,
) -> list[Lane]:
    """A lane a subject of whom the course's start is dated, in their order.

    A line ends with the first of the course's ends and the exits that end follow-up, else where the
    subject was last seen; but never before something that is drawn on it.
    """
    return [
        _lane(definition, disposition, course, subject, cutoff)
        for subject in subjects
        if course.start in subject.anchors
    ]


def _lane(
    definition: StudyDefinition,
    disposition: Disposition,
    course: Course,
    subject: Subject,
    cutoff: date,
) -> Lane:
    start = subject.anchors[course.start]
    marks = sorted(
        ((day - start).days, index)
        for index, mark in enumerate(course.marks)
        for day in _days(definition, mark, subject, cutoff)
        if day >= start
    )
    ends = [each.date for each in occurrences(definition, course.ends, subject, cutoff)]
    exits = list(_exits(definition, disposition, subject, cutoff))
    seen = [each.date for each in occurrences(definition, course.last_seen, subject, cutoff)]
    treatment = _treatment(course, subject, start)
    drawn = [0, *(day for day, _ in marks), *(treatment or ())]
    closing = min((*ends, *exits), default=None)
    last = closing or max(seen, default=start)
    return Lane(
        subject=subject.id,
        arm=subject.allocated.arm,
        end=max((last - start).days, *drawn),
        ongoing=closing is None,
        left=None if not exits else (min(exits) - start).days,
        treatment=treatment,
        marks=tuple((index, day) for day, index in marks),
    )


def _days(
    definition: StudyDefinition, mark: CourseMark, subject: Subject, cutoff: date
) -> Iterator[date]:
    if mark.anchor is not None:
        if mark.anchor in subject.anchors:
            yield subject.anchors[mark.anchor]
    elif mark.event is not None:
        for each in occurrences(definition, (mark.event,), subject, cutoff):
            yield each.date


def _exits(
    definition: StudyDefinition, disposition: Disposition, subject: Subject, cutoff: date
) -> Iterator[date]:
    for found in disposition.exits:
        if found.ends_follow_up:
            record = select_record(definition, found.select, subject.records, subject.anchors)
            if record is not None:
                day = record_date(record, found.select.date)
                if day <= cutoff:
                    yield day


def _treatment(course: Course, subject: Subject, start: date) -> tuple[int, int] | None:
    first, last = (subject.anchors.get(name) for name in (course.first_dose, course.last_dose))
    if first is None or last is None:
        return None
    return (first - start).days, (last - start).days
