"""From records to dates: the meaning of anchors, selections and event sources.

Pure: typed records in, dates out. The caller decides which records are visible (cutoff, as-of,
removed records); nothing here reads a clock or a database. A date that is not known to the day
counts as soon as every day it may be gives the same answer; otherwise the answer has no date.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from shared.study.anchors import AllocationAnchor, Anchor, RecordAnchor, RecordSelection
from shared.study.criteria import Predicate
from shared.study.definition import StudyDefinition
from shared.study.forms import Reflex
from shared.study.occurrences import EventSource
from shared.study.open_dates import AnchorDates, Days, anchor_days, combined, open_anchors
from shared.study.picking import Candidate, Picked, pick, within
from shared.study.predicate import Truth, evaluate
from shared.study.values import Value


@dataclass(frozen=True, slots=True)
class Record:
    """One record of one subject. `key` is stable and orders records of the same date."""

    form: str
    key: str
    values: Mapping[str, Value | None]
    visit: str | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A dated event source of one subject, and the record or anchor it rests on."""

    source: str
    date: date
    record: Record | None
    anchor: str | None


def select_record(
    definition: StudyDefinition,
    selection: RecordSelection,
    records: Iterable[Record],
    anchors: Mapping[str, date],
) -> Record | None:
    """The record that `selection` picks among one subject's records, or None.

    `anchors` holds the dates of the anchors that have one, and as `AnchorDates` those left open. A
    record without the date item, or whose `where` is undetermined, is not picked; nor is any where
    incomplete dates leave open which record it is. Raises TypeError if the date item is no date.
    """
    found = _picked(definition, selection, records, anchors)
    record = found.record if found is not None and found.days.exact is not None else None
    return record if record and _holds(definition, selection.having, record) else None


def selectable_records(
    definition: StudyDefinition,
    selection: RecordSelection,
    records: Iterable[Record],
    anchors: Mapping[str, date],
) -> tuple[Record, ...]:
    """Every record that `selection` could pick, `pick` and `having` aside, by date, then key; those
    of a date that is not known to the day, or that incomplete dates leave in doubt, are not in it.
    """
    found = _candidates(definition, selection, records, anchors)
    certain = [each for each in found if each.days.exact is not None]
    certain.sort(key=lambda each: (each.days.earliest, each.key))
    return tuple(each.record for each in certain)


def record_date(record: Record, item: str) -> date:
    """The date in that item; TypeError where it holds no full date."""
    days = _days(record, item)
    if days.exact is None:
        raise TypeError(f"item {item} of form {record.form} holds no full date")
    return days.exact


def anchor_dates(
    definition: StudyDefinition,
    records: Sequence[Record],
    allocated_on: date | None,
    only: Container[str] | None = None,
) -> AnchorDates:
    """Dates of all anchors of one subject; an anchor without a date has no key.

    `only` names the anchors that are wanted, with all that they depend on.

    `allocated_on` is the local calendar date of the allocation, None where there is none. `open`
    of the answer are the anchors that incomplete dates leave open.
    """
    dates = AnchorDates()
    for anchor in definition.anchors_in_order():
        if only is not None and anchor.id not in only:
            continue
        found = _anchor_days(definition, anchor, records, dates, allocated_on)
        dates.settle(anchor.id, found.shifted(anchor.offset_days) if found else None)
    return dates


def occurrence(
    definition: StudyDefinition,
    source: EventSource,
    records: Iterable[Record],
    anchors: Mapping[str, date],
) -> Occurrence | None:
    """The dated occurrence of an event source in one subject, or None where it did not happen.

    None as well where `dated_at` names an anchor without a date, and where incomplete dates leave
    open whether or when it happened.
    """
    required = all(name in anchors for name in source.requires)
    excluded = any(name in anchors or name in open_anchors(anchors) for name in source.unless)
    if not required or excluded:
        return None
    if source.select is None:
        return _at_anchor(source, None, anchors) if source.anchor in anchors else None
    record = select_record(definition, source.select, records, anchors)
    if record is None or source.dated_at is not None:
        return _at_anchor(source, record, anchors) if record else None
    return Occurrence(source.id, record_date(record, source.select.date), record, None)


def _at_anchor(
    source: EventSource, record: Record | None, anchors: Mapping[str, date]
) -> Occurrence | None:
    name = source.dated_at or str(source.anchor)
    return Occurrence(source.id, anchors[name], record, name) if name in anchors else None


def _holds(definition: StudyDefinition, predicate: Predicate | None, record: Record) -> bool:
    if predicate is None:
        return True
    return evaluate(predicate, record.values, definition.thresholds_by_id()) is Truth.TRUE


def _one_per_sample(
    definition: StudyDefinition, reflex: Reflex, records: Iterable[Record]
) -> list[Record]:
    chosen: dict[Value, tuple[int, Record]] = {}
    for record in sorted(records, key=lambda each: each.key):
        sample, method = record.values.get(reflex.sample), record.values.get(reflex.method)
        if sample is None or method not in reflex.order:
            continue
        if not _holds(definition, reflex.evaluable, record):
            continue
        rank = reflex.order.index(str(method))
        if sample not in chosen or rank < chosen[sample][0]:
            chosen[sample] = (rank, record)
    return [record for _, record in chosen.values()]


def _picked(
    definition: StudyDefinition,
    selection: RecordSelection,
    records: Iterable[Record],
    anchors: Mapping[str, date],
) -> Picked[Record] | None:
    """What may be picked, `having` aside; None where no record comes into question."""
    return pick(_candidates(definition, selection, records, anchors), selection.pick)


def _candidates(
    definition: StudyDefinition,
    selection: RecordSelection,
    records: Iterable[Record],
    anchors: Mapping[str, date],
) -> list[Candidate[Record]]:
    found = [
        record
        for record in records
        if record.form == selection.form
        and (not selection.visits or record.visit in selection.visits)
    ]
    reflex = definition.form(selection.form).reflex
    if selection.reflex and reflex is not None:
        found = _one_per_sample(definition, reflex, found)
    candidates = []
    for record in found:
        if record.values.get(selection.date) is None:
            continue
        if not _holds(definition, selection.where, record):
            continue
        days = _days(record, selection.date)
        inside = within(selection, days, anchors)
        if inside is not Truth.FALSE:
            kept = days if inside is Truth.TRUE else days.doubted()
            candidates.append(Candidate(record, record.key, kept))
    return candidates


def _days(record: Record, item: str) -> Days:
    days = Days.of(record.values[item])
    if days is None:
        raise TypeError(f"item {item} of form {record.form} holds no date")
    return days


def _anchor_days(
    definition: StudyDefinition,
    anchor: Anchor,
    records: Sequence[Record],
    known: AnchorDates,
    allocated_on: date | None,
) -> Days | None:
    if isinstance(anchor, AllocationAnchor):
        return None if allocated_on is None else Days(allocated_on, allocated_on)
    if not isinstance(anchor, RecordAnchor):
        return combined(anchor.kind, (anchor_days(name, known) for name in anchor.anchors))
    found = _picked(definition, anchor.select, records, known)
    if found is None or anchor.select.having is None:
        return None if found is None else found.days
    if found.record is None:
        return found.days.doubted()
    return found.days if _holds(definition, anchor.select.having, found.record) else None
