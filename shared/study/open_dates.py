"""Dates that are not known to the day: where they may lie, and anchors that rest on them.

Nothing is guessed: an anchor that an incomplete date could move has no date, and what depends on it
has none either.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from shared.study.dates import PartialDate
from shared.study.predicate import Truth
from shared.study.values import Value


@dataclass(frozen=True, slots=True)
class Days:
    """The first and the last day on which something may lie; `sure` = that it exists at all."""

    earliest: date
    latest: date
    sure: bool = True

    @classmethod
    def of(cls, value: Value | None) -> "Days | None":
        """The days of a date or partial date; None for anything else."""
        if isinstance(value, PartialDate):
            return cls(value.earliest, value.latest)
        # A datetime is a date to Python, but compares with other datetimes only.
        return cls(value, value) if type(value) is date else None

    @property
    def exact(self) -> date | None:
        """The one day on which it lies for certain, None where it is open."""
        return self.earliest if self.sure and self.earliest == self.latest else None

    def shifted(self, days: int) -> "Days":
        """The same, so many days later."""
        move = timedelta(days=days)
        return Days(self.earliest + move, self.latest + move, self.sure)

    def doubted(self) -> "Days":
        """The same, where it may not exist."""
        return Days(self.earliest, self.latest, sure=False)


class AnchorDates(dict[str, date]):
    """Dates of the anchors that have one; `open` are those that an incomplete date leaves open."""

    def __init__(
        self, dates: Mapping[str, date] | None = None, left_open: Mapping[str, Days] | None = None
    ) -> None:
        super().__init__(dates or {})
        self.open: dict[str, Days] = dict(left_open or {})

    def settle(self, anchor: str, days: Days | None) -> None:
        """Notes what is known of an anchor."""
        if days is not None and days.exact is not None:
            self[anchor] = days.exact
        elif days is not None:
            self.open[anchor] = days

    def until(self, last: date) -> "AnchorDates":
        """The same without what lies after `last`."""
        kept = {name: day for name, day in self.items() if day <= last}
        left = {name: days for name, days in self.open.items() if days.earliest <= last}
        return AnchorDates(kept, left)


def open_anchors(anchors: Mapping[str, date]) -> Mapping[str, Days]:
    """The anchors left open, none where only dates were given."""
    return anchors.open if isinstance(anchors, AnchorDates) else {}


def anchor_days(name: str, anchors: Mapping[str, date]) -> Days | None:
    """Where an anchor may lie; None where it has no date."""
    if name in anchors:
        return Days(anchors[name], anchors[name])
    return open_anchors(anchors).get(name)


def anchor_values(anchors: Mapping[str, date]) -> dict[str, Value]:
    """The anchors as values that predicates compare: a date, or for one that certainly exists and
    whose day is open the span of days it may be. One that may not exist has no key."""
    values: dict[str, Value] = dict(anchors)
    for name, days in open_anchors(anchors).items():
        if days.sure:
            text = f"{days.earliest.isoformat()}/{days.latest.isoformat()}"
            values[name] = PartialDate(text, "month", days.earliest, days.latest)
    return values


def combined(kind: str, parts: Iterable[Days | None]) -> Days | None:
    """The first (`coalesce`), earliest or latest of what exists."""
    known = [part for part in parts if part is not None]
    if not known:
        return None
    if kind == "coalesce":
        return _coalesced(known)
    return earliest_of(known) if kind == "earliest" else latest_of(known)


def earliest_of(known: Sequence[Days]) -> Days:
    """The earliest: what may not exist can only move it forward."""
    sure = [each.latest for each in known if each.sure]
    latest = min(sure) if sure else max(each.latest for each in known)
    return Days(min(each.earliest for each in known), latest, bool(sure))


def latest_of(known: Sequence[Days]) -> Days:
    """The latest: what may not exist can only move it back."""
    sure = [each.earliest for each in known if each.sure]
    earliest = max(sure) if sure else min(each.earliest for each in known)
    return Days(earliest, max(each.latest for each in known), bool(sure))


def precedes(left: Days, right: Days) -> Truth:
    """Whether one lies before the other, both existing."""
    if left.latest < right.earliest:
        return Truth.TRUE
    return Truth.FALSE if left.earliest >= right.latest else Truth.UNDETERMINED


def on_or_after(left: Days, right: Days) -> Truth:
    """Whether one lies on or after the other, both existing."""
    earlier = precedes(left, right)
    if earlier is Truth.UNDETERMINED:
        return earlier
    return Truth.FALSE if earlier is Truth.TRUE else Truth.TRUE


def _coalesced(known: list[Days]) -> Days:
    candidates = []
    for each in known:
        candidates.append(each)
        if each.sure:
            break
    return Days(
        min(each.earliest for each in candidates),
        max(each.latest for each in candidates),
        any(each.sure for each in candidates),
    )
