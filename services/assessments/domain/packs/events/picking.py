"""The first or the last of records of which some are dated in part, or count perhaps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from services.assessments.domain.packs.records import Record
from services.assessments.domain.packs.spans import (
    Span,
    Verdict3,
    before,
    first_of,
    last_of,
    negation,
    on_or_before,
    some,
)


@dataclass(frozen=True, slots=True)
class Source:
    """A record of a form, and the item that dates it: SRCDOM, SRCSEQ and SRCVAR of ADaM."""

    form: str
    record: Record
    item: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A dated record; ``counts`` is None where a partial date leaves open whether it does."""

    source: Source
    when: Span
    counts: Verdict3 = True


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that happened (True), did not (False), or did perhaps (None), and when.

    ``when`` is None only where it did not happen. ``sources`` are the records that it may rest on:
    one where it is certain which. ``dated_by`` names the milestone that dates it in their place.
    """

    exists: Verdict3
    when: Span | None = None
    sources: tuple[Source, ...] = ()
    dated_by: str | None = None

    @property
    def span(self) -> Span:
        """When, of something that happened or may have. ValueError for what did not."""
        if self.when is None:
            raise ValueError("what did not happen has no date")
        return self.when

    def bounds_above(self, when: Span) -> Verdict3:
        """Whether ``when`` lies on or before this, or this did not happen: then nothing limits."""
        if self.exists is False:
            return True
        return some([negation(self.exists), on_or_before(when, self.span)])


NEVER = Occurrence(False)


def pick_first(candidates: Iterable[Candidate]) -> Occurrence:
    """The earliest; of two of one day the one whose record's name is first."""
    return _pick(candidates, last=False)


def pick_last(candidates: Iterable[Candidate]) -> Occurrence:
    """The latest; of two of one day the one whose record's name is last."""
    return _pick(candidates, last=True)


def possible_last(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Those that may be the latest one that counts, whichever day a partial date is."""
    return _choices(_possible(candidates), last=True)


def earliest(occurrences: Iterable[Occurrence]) -> Occurrence:
    """The earliest of several occurrences of one kind."""
    possible = [each for each in occurrences if each.exists is not False]
    if not possible:
        return NEVER
    certain = [each.span for each in possible if each.exists]
    when = _hull([each.span for each in possible], certain, last=False)
    sources = tuple(
        source for each in possible if each.span.earliest <= when.latest for source in each.sources
    )
    return Occurrence(True if certain else None, when, sources)


def _possible(candidates: Iterable[Candidate]) -> list[Candidate]:
    return [each for each in candidates if each.counts is not False]


def _pick(candidates: Iterable[Candidate], *, last: bool) -> Occurrence:
    possible = _possible(candidates)
    if not possible:
        return NEVER
    certain = [each.when for each in possible if each.counts]
    choices = _choices(possible, last=last)
    when = _hull([each.when for each in possible], certain, last=last)
    return Occurrence(True if certain else None, when, tuple(choice.source for choice in choices))


def _hull(possible: Sequence[Span], certain: Sequence[Span], *, last: bool) -> Span:
    """Where the first (last) lies: no later than the first that certainly exists, if one does."""
    if last:
        latest = max(span.latest for span in possible)
        floor = last_of(certain).earliest if certain else min(span.earliest for span in possible)
        return Span(floor, latest)
    first = min(span.earliest for span in possible)
    ceiling = first_of(certain).latest if certain else max(span.latest for span in possible)
    return Span(first, ceiling)


def _choices(possible: Sequence[Candidate], *, last: bool) -> tuple[Candidate, ...]:
    ordered = sorted(possible, key=_place)
    if ordered and all(each.counts and each.when.exact is not None for each in ordered):
        # Of full dates that all count, one is the first (last): no need to compare each with each.
        picked = _place(ordered[-1 if last else 0])
        return tuple(each for each in ordered if _place(each) == picked)
    return tuple(
        each
        for each in ordered
        if not any(other.counts and _overtakes(other, each, last=last) for other in ordered)
    )


def _place(each: Candidate) -> tuple[date, date, str]:
    return each.when.earliest, each.when.latest, each.source.record.record


def _overtakes(other: Candidate, each: Candidate, *, last: bool) -> bool:
    """Whether ``other`` is picked rather than ``each``, for certain."""
    earlier, later = (each, other) if last else (other, each)
    if before(earlier.when, later.when):
        return True
    one_day = earlier.when.exact is not None and earlier.when == later.when
    return one_day and earlier.source.record.record < later.source.record.record
