"""Days that are known to lie in a span, and what follows from them for certain.

A verdict here is True or False only where it holds for every day of every span; None (undetermined)
where the missing part of a partial date would decide.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from shared.rules.censored import Verdict3
from shared.study.dates import PartialDate, Period

__all__ = ["Span", "Verdict3"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The first and the last day that a date may be; equal where it is known to the day."""

    earliest: date
    latest: date

    @classmethod
    def of(cls, day: date | PartialDate) -> Self:
        """The span of a date, whole or partial."""
        if isinstance(day, PartialDate):
            return cls(day.earliest, day.latest)
        return cls(day, day)

    @property
    def exact(self) -> date | None:
        """The date, where it is known to the day."""
        return self.earliest if self.earliest == self.latest else None

    def shifted(self, days: int) -> "Span":
        """The same span so many days later (earlier where negative)."""
        move = timedelta(days=days)
        return Span(self.earliest + move, self.latest + move)

    def plus(self, period: Period) -> "Span":
        """The same span a calendar period later."""
        return Span(period.after(self.earliest), period.after(self.latest))

    def __str__(self) -> str:
        if self.exact is not None:
            return self.exact.isoformat()
        return f"{self.earliest.isoformat()} to {self.latest.isoformat()}"


def before(left: Span, right: Span) -> Verdict3:
    """Whether ``left`` lies before ``right``."""
    if left.latest < right.earliest:
        return True
    return False if left.earliest >= right.latest else None


def on_or_before(left: Span, right: Span) -> Verdict3:
    """Whether ``left`` lies on or before ``right``."""
    return negation(before(right, left))


def negation(verdict: Verdict3) -> Verdict3:
    """Kleene's negation."""
    return None if verdict is None else not verdict


def every(verdicts: Iterable[Verdict3]) -> Verdict3:
    """Kleene's conjunction: False as soon as one is, whatever the others."""
    seen = set(verdicts)
    if False in seen:
        return False
    return None if None in seen else True


def some(verdicts: Iterable[Verdict3]) -> Verdict3:
    """Kleene's disjunction: True as soon as one is, whatever the others."""
    return negation(every(negation(verdict) for verdict in verdicts))


def first_of(spans: Iterable[Span]) -> Span:
    """The span of the earliest of dates that all exist. ValueError for none."""
    known = tuple(spans)
    return Span(min(span.earliest for span in known), min(span.latest for span in known))


def last_of(spans: Iterable[Span]) -> Span:
    """The span of the latest of dates that all exist. ValueError for none."""
    known = tuple(spans)
    return Span(max(span.earliest for span in known), max(span.latest for span in known))
