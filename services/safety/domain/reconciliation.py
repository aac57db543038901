"""Events of safety cases held against clinical adverse events, whenever one of them changes.

The first event of a case belongs to the record that the case came from; any other, and those of a
case that was reported directly, to a record of the same subject with the same term or an onset
within three days. What differs is a row, for a person.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from services.safety.domain.duplicates import DAYS_APART

Kind = Literal["case-without-event", "event-without-case", "mismatch"]
Value = str | None
_NAMESPACE: Final = uuid.UUID("5b0f6a55-1f0e-5c8b-9a44-0d3f6a1f7c21")
FIRST: Final = "1"
FIELDS: Final = (
    "term", "onset", "end", "grade", "serious", "criteria", "outcome", "death", "causality",
)  # fmt: skip
BY_PRODUCT: Final = "causality "
ACTION: Final = "action "
"""How fields begin that are of one product, and so tell the arm: its code follows."""


@dataclass(frozen=True)
class Side:
    """An event of a case, or a record, as both are compared: canonical text by field; None is not
    known. ``key`` names the case or the record, ``event`` the event within its case."""

    key: str
    site: str
    subject: str
    record: str | None
    serious: bool
    onset_on: date | None
    values: Mapping[str, Value]
    event: str = FIRST

    @property
    def name(self) -> tuple[str, str]:
        return self.key, self.event


@dataclass(frozen=True)
class Difference:
    """One thing that differs. ``case`` with its ``event`` and ``record`` name the two sides."""

    kind: Kind
    site: str
    subject: str
    case: str | None
    record: str | None
    field: str | None = None
    case_value: Value = None
    record_value: Value = None
    event: str | None = None

    @property
    def tells_arm(self) -> bool:
        """Whether it names a product."""
        return self.field is not None and self.field.startswith((BY_PRODUCT, ACTION))

    @property
    def difference_id(self) -> uuid.UUID:
        """The same difference has the same id; other values are another difference."""
        parts = [self.kind, self.case, self.record, self.field, self.case_value, self.record_value]
        if self.event not in {None, FIRST}:
            parts.append(self.event)
        return uuid.uuid5(_NAMESPACE, "/".join("" if part is None else part for part in parts))


def reconcile(cases: Sequence[Side], records: Sequence[Side]) -> tuple[Difference, ...]:
    """Everything that differs, in the order of cases and then of records."""
    pairs = _pairs(cases, records)
    matched = {record.key for record in pairs.values()}
    return (
        *(each for case in cases for each in _of_case(case, pairs.get(case.name))),
        *(
            Difference("event-without-case", r.site, r.subject, None, r.key)
            for r in records
            if r.serious and r.key not in matched
        ),
    )


def _pairs(cases: Sequence[Side], records: Sequence[Side]) -> dict[tuple[str, str], Side]:
    by_key = {record.key: record for record in records}
    found = {
        case.name: by_key[case.record]
        for case in cases
        if case.record is not None and case.record in by_key
    }
    taken = {record.key for record in found.values()}
    for case in cases:
        if case.record is None:
            free = [r for r in records if r.key not in taken and r.subject == case.subject]
            match = _closest(case, free)
            if match is not None:
                found[case.name] = match
                taken.add(match.key)
    return found


def _closest(case: Side, records: Iterable[Side]) -> Side | None:
    """The record most like the case: by term, then by onset; the first by key of equals."""
    ranked = sorted((-_likeness(case, r), r.key, r) for r in records if _likeness(case, r))
    return ranked[0][2] if ranked else None


def _likeness(case: Side, record: Side) -> int:
    same_term = _plain(case.values["term"]) == _plain(record.values["term"]) != ""
    near = (
        case.onset_on is not None
        and record.onset_on is not None
        and abs((case.onset_on - record.onset_on).days) <= DAYS_APART
    )
    return 2 * same_term + near


def _of_case(case: Side, record: Side | None) -> Iterator[Difference]:
    if record is None:
        if case.serious:
            yield Difference(
                "case-without-event", case.site, case.subject, case.key, None, event=case.event
            )
        return
    for field in (*FIELDS, *_products(case, record)):
        ours, theirs = case.values.get(field), record.values.get(field)
        if _plain(ours) != _plain(theirs):
            yield Difference(
                "mismatch",
                case.site,
                case.subject,
                case.key,
                record.key,
                field,
                ours,
                theirs,
                case.event,
            )


def _products(case: Side, record: Side) -> list[str]:
    """The fields by product that either side has."""
    names = {*case.values, *record.values}
    return sorted(name for name in names if name.startswith((BY_PRODUCT, ACTION)))


def _plain(text: Value) -> str:
    return " ".join((text or "").casefold().split())
