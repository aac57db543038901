"""Counts of serious adverse events for a DSUR (ICH E2F): by organ class and term, by treatment.

An event counts once, whatever versions, drugs or authorities its case has; beside the events stands
how many subjects had them, because one child may have the same event again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.safety.domain.dosing import Given

ALL = ""
"""The organ class of all classes, and the term of all terms of a class."""


@dataclass(frozen=True)
class Happened:
    """A serious event of a subject. ``treatment`` is the group it counts in; ``received_on`` the
    receiver's calendar date on which it was first told as serious; ``susar_to`` the authorities."""

    subject: str
    treatment: str
    organ_class: str
    term: str
    coded: bool
    received_on: date
    susar_to: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Counts:
    """Of one group: events and the subjects who had them, until the last day and within the
    interval; SUSARs of the interval by authority."""

    events: int
    subjects: int
    interval_events: int
    interval_subjects: int
    susars: Mapping[str, int]


@dataclass(frozen=True)
class Line:
    """A term, all of an organ class (``term`` is ALL), or everything (``organ_class`` is too).
    ``coded`` is None where the line has coded events and others."""

    organ_class: str
    term: str
    coded: bool | None
    counts: Mapping[str, Counts]


def tabulate(
    happened: Iterable[Happened], first: date, last: date, treatments: Sequence[str]
) -> tuple[Line, ...]:
    """Everything first, then each organ class before its terms, by name; dates are included.

    A line has counts of every treatment, also those without an event. No event: no line.
    """
    within = [each for each in happened if each.received_on <= last]
    lines: defaultdict[tuple[str, str, bool | None], list[Happened]] = defaultdict(list)
    for each in within:
        lines[(ALL, ALL, None)].append(each)
        lines[(each.organ_class, ALL, None)].append(each)
        lines[(each.organ_class, each.term, each.coded)].append(each)
    return tuple(
        Line(
            organ_class=organ_class,
            term=term,
            coded=coded if coded is not None else _same(each.coded for each in found),
            counts={
                name: _counts([each for each in found if each.treatment == name], first)
                for name in treatments
            },
        )
        for (organ_class, term, coded), found in sorted(lines.items(), key=_place)
    )


def treatment_of(doses: Iterable[Given], arms: Mapping[str, frozenset[str]], none: str) -> str:
    """The arm received: of the product of the first dose given. ``none`` where nothing was, or
    where the product is no arm's, or that of more than one."""
    first = min(doses, key=lambda each: (each.on, each.product), default=None)
    if first is None:
        return none
    fitting = [arm for arm, products in arms.items() if first.product in products]
    return fitting[0] if len(fitting) == 1 else none


def _counts(found: Sequence[Happened], first: date) -> Counts:
    interval = [each for each in found if each.received_on >= first]
    return Counts(
        events=len(found),
        subjects=_subjects(found),
        interval_events=len(interval),
        interval_subjects=_subjects(interval),
        susars=dict(sorted(Counter(name for each in interval for name in each.susar_to).items())),
    )


def _subjects(found: Iterable[Happened]) -> int:
    return len({each.subject for each in found})


def _same(said: Iterator[bool]) -> bool | None:
    values = set(said)
    return values.pop() if len(values) == 1 else None


def _place(
    line: tuple[tuple[str, str, bool | None], Sequence[Happened]],
) -> tuple[str, str, bool]:
    organ_class, term, coded = line[0]
    return organ_class, term, not coded
