"""From records to dates: the meaning of anchors, selections and event sources.

Pure: typed records in, dates out. The caller decides which records are visible (cutoff, as-of,
removed records); nothing here reads a clock or a database.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from shared.study.anchors import AllocationAnchor, Anchor, RecordAnchor, RecordSelection
from shared.study.criteria import Predicate
from shared.study.definition import StudyDefinition
from shared.study.forms import Reflex
from shared.study.occurrences import EventSource
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

    `anchors` holds the dates of the anchors that have one. A record without the date item, or
    whose `where` is undetermined, is not picked. Raises TypeError if the date item is no date.
    """
    candidates = matching_records(definition, selection, records, anchors)
    if not candidates:
        return None
    picked = candidates[0 if selection.pick == "first" else -1]
    return picked if _holds(definition, selection.having, picked) else None


def matching_records(
    definition: StudyDefinition,
    selection: RecordSelection,
    records: Iterable[Record],
    anchors: Mapping[str, date],
) -> list[Record]:
    """All records within the selection before one is picked, by date, then key."""
    found = [
        record
        for record in records
        if record.form == selection.form
        and (not selection.visits or record.visit in selection.visits)
    ]
    reflex = definition.form(selection.form).reflex
    if selection.reflex and reflex is not None:
        found = _one_per_sample(definition, reflex, found)
    found = [
        record
        for record in found
        if record.values.get(selection.date) is not None
        and _holds(definition, selection.where, record)
        and _within(selection, record_date(record, selection.date), anchors)
    ]
    return sorted(found, key=lambda record: (record_date(record, selection.date), record.key))


def record_date(record: Record, item: str) -> date:
    """The date in that item; TypeError where it holds no full date."""
    value = record.values[item]
    # A datetime would compare with other datetimes only; date items never hold one.
    if type(value) is not date:
        raise TypeError(f"item {item} of form {record.form} holds no date")
    return value


def anchor_dates(
    definition: StudyDefinition, records: Sequence[Record], allocated_on: date | None
) -> dict[str, date]:
    """Dates of all anchors of one subject; an anchor without a date has no key.

    `allocated_on` is the local calendar date of the allocation, None where there is none.
    """
    dates: dict[str, date] = {}
    for anchor in definition.anchors_in_order():
        found = _anchor_date(definition, anchor, records, dates, allocated_on)
        if found is not None:
            dates[anchor.id] = found + timedelta(days=anchor.offset_days)
    return dates


def occurrence(
    definition: StudyDefinition,
    source: EventSource,
    records: Iterable[Record],
    anchors: Mapping[str, date],
) -> Occurrence | None:
    """The dated occurrence of an event source in one subject, or None where it did not happen.

    None as well where `dated_at` names an anchor without a date.
    """
    required = all(name in anchors for name in source.requires)
    excluded = any(name in anchors for name in source.unless)
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


def _within(selection: RecordSelection, day: date, anchors: Mapping[str, date]) -> bool:
    lower = selection.after or selection.on_or_after
    if lower is not None:
        if lower not in anchors or day < anchors[lower]:
            return False
        if selection.after is not None and day == anchors[lower]:
            return False
    upper = selection.before or selection.on_or_before
    if upper is None or upper not in anchors:
        return True
    return day < anchors[upper] or (selection.before is None and day == anchors[upper])


def _anchor_date(
    definition: StudyDefinition,
    anchor: Anchor,
    records: Sequence[Record],
    known: Mapping[str, date],
    allocated_on: date | None,
) -> date | None:
    if isinstance(anchor, AllocationAnchor):
        return allocated_on
    if isinstance(anchor, RecordAnchor):
        record = select_record(definition, anchor.select, records, known)
        return record_date(record, anchor.select.date) if record else None
    dated = [known[name] for name in anchor.anchors if name in known]
    if not dated:
        return None
    if anchor.kind == "coalesce":
        return dated[0]
    return min(dated) if anchor.kind == "earliest" else max(dated)
