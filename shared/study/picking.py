"""Which of several records is the first or the last, where dates may be incomplete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, Literal, TypeVar

from shared.study.anchors import RecordSelection
from shared.study.open_dates import (
    Days,
    anchor_days,
    earliest_of,
    latest_of,
    on_or_after,
    precedes,
)
from shared.study.predicate import Truth

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Candidate(Generic[R]):
    """A record that may count, with the days on which it may lie; `key` orders one date."""

    record: R
    key: str
    days: Days


@dataclass(frozen=True, slots=True)
class Picked(Generic[R]):
    """The days on which the one picked may lie; `record` None where it is open which it is."""

    record: R | None
    days: Days


def pick(candidates: Sequence[Candidate[R]], which: Literal["first", "last"]) -> Picked[R] | None:
    """The first or last by date, then key; None where there is no candidate."""
    if not candidates:
        return None
    days = [each.days for each in candidates]
    found = earliest_of(days) if which == "first" else latest_of(days)
    if len(candidates) == 1:
        return Picked(candidates[0].record, found)
    if found.exact is None:
        return Picked(None, found)
    # Something of an incomplete date may lie on the same day: by date, the answer is the same.
    certain = [each for each in candidates if each.days.exact == found.exact]
    certain.sort(key=lambda each: each.key)
    doubtful = [
        each
        for each in candidates
        if each.days.exact is None and each.days.earliest <= found.exact <= each.days.latest
    ]
    if doubtful or not certain:
        return Picked(None, found)
    return Picked(certain[0 if which == "first" else -1].record, found)


def within(selection: RecordSelection, days: Days, anchors: Mapping[str, date]) -> Truth:
    """Whether a record of those days lies within the bounds of the selection."""
    verdicts = (_above(selection, days, anchors), _below(selection, days, anchors))
    if Truth.FALSE in verdicts:
        return Truth.FALSE
    return Truth.UNDETERMINED if Truth.UNDETERMINED in verdicts else Truth.TRUE


def _above(selection: RecordSelection, days: Days, anchors: Mapping[str, date]) -> Truth:
    name = selection.after or selection.on_or_after
    if name is None:
        return Truth.TRUE
    bound = anchor_days(name, anchors)
    if bound is None:
        return Truth.FALSE
    strict = selection.after is not None
    above = precedes(bound, days) if strict else on_or_after(days, bound)
    # Nothing lies after what may not have happened.
    return above if bound.sure or above is Truth.FALSE else Truth.UNDETERMINED


def _below(selection: RecordSelection, days: Days, anchors: Mapping[str, date]) -> Truth:
    name = selection.before or selection.on_or_before
    bound = None if name is None else anchor_days(name, anchors)
    if bound is None:
        return Truth.TRUE
    strict = selection.before is not None
    below = precedes(days, bound) if strict else on_or_after(bound, days)
    # What may not have happened does not limit for certain.
    return below if bound.sure or below is Truth.TRUE else Truth.UNDETERMINED
