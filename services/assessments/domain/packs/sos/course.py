"""The observations of one subject in the order of their days, and what they are compared with."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal
from itertools import pairwise

from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.records import SosObservation
from services.assessments.domain.packs.spans import Span, Verdict3, every
from services.assessments.domain.packs.values import Censored
from shared.rules.model import Limit

# Longer than any product of two numbers of a form and a pack: multiplication never rounds.
EXACT = Context(prec=120)
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Reading:
    """One number of one day; of several of a day the highest."""

    day: date
    value: Censored
    record: SosObservation


@dataclass(frozen=True, slots=True)
class Course:
    """Observations with a full date, by day; ``undated`` are those whose day is not known."""

    observations: tuple[tuple[date, SosObservation], ...]
    undated: tuple[SosObservation, ...]

    @classmethod
    def of(cls, facts: SubjectFacts) -> "Course":
        """The course in a subject's facts."""
        placed: list[tuple[date, SosObservation]] = []
        undated: list[SosObservation] = []
        for entry in sorted(facts.sos_observation, key=lambda each: each.record):
            day = Span.of(entry.observation_date).exact
            if day is None:
                undated.append(entry)
            else:
                placed.append((day, entry))
        return cls(tuple(sorted(placed, key=lambda each: each[0])), tuple(undated))

    @property
    def days(self) -> tuple[date, ...]:
        """Days with an observation, each once."""
        return tuple(sorted({day for day, _ in self.observations}))

    def on(self, day: date) -> Iterator[SosObservation]:
        """The observations of a day."""
        return (entry for when, entry in self.observations if when == day)

    def reading(self, item: str, day: date) -> Reading | None:
        """The number of that day, or None."""
        found = [
            Reading(day, value, entry)
            for entry in self.on(day)
            if (value := getattr(entry, item)) is not None
        ]
        return max(found, key=lambda each: each.value.limit, default=None)

    def earlier(self, item: str, day: date) -> tuple[Reading, ...]:
        """The numbers of all days before, in their order."""
        found = (self.reading(item, each) for each in self.days if each < day)
        return tuple(each for each in found if each is not None)

    def baseline(self, item: str, day: date) -> SosObservation | None:
        """The last baseline observation by that day that has the item."""
        found = [
            entry
            for when, entry in self.observations
            if entry.baseline and when <= day and getattr(entry, item) is not None
        ]
        return found[-1] if found else None

    def told(self, item: str, day: date) -> tuple[SosObservation, ...]:
        """The observations of a day that answer a yes-or-no or coded item."""
        return tuple(entry for entry in self.on(day) if getattr(entry, item) is not None)


def gains(value: Censored, baseline: Censored, limit: Limit) -> Verdict3:
    """Whether a value exceeds its baseline by the limit in percent; exact, and None if open."""
    base = baseline.exact
    if base is None:
        return None
    # value > baseline * (100 + limit) / 100, without a division that would round.
    threshold = EXACT.multiply(base, HUNDRED + limit.value)
    scaled = Censored(value.relation, EXACT.multiply(value.limit, HUNDRED), value.text)
    return scaled.compare(limit.comparator, threshold)


def rises(earlier: Censored, later: Censored) -> Verdict3:
    """Whether the later of two values is the higher; None where a censored one leaves it open."""
    if earlier.exact is not None:
        return later.compare("gt", earlier.exact)
    if later.exact is not None:
        return earlier.compare("lt", later.exact)
    return None


def rising(course: Course, item: str, day: date, days: int) -> Verdict3:
    """Whether the number rises on each of so many consecutive days up to this one.

    Each day against the day before it; a day without a number leaves it open.
    """
    readings = [course.reading(item, day - timedelta(days=back)) for back in range(days, -1, -1)]
    return every(
        None if earlier is None or later is None else rises(earlier.value, later.value)
        for earlier, later in pairwise(readings)
    )


def any_true(entries: Iterable[SosObservation], item: str) -> Verdict3:
    """Whether any of the observations answers yes; None where none answers."""
    answers = [getattr(entry, item) for entry in entries]
    if True in answers:
        return True
    return False if False in answers else None
