"""A list that an independent statistician made, as a CSV file: read, and examined by name.

The file has a header, then one row a slot: ``sequence`` counts 1, 2, 3 over the whole file or
within each stratum, one column for each stratification factor holds its level, ``arm`` the arm. The
order of the rows is the order in which slots are taken within each stratum, so an order that was
lost must be noticed: a wrongly sorted schedule is among the commonest failures of randomization
(Yelland, PMC12837040).
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from services.randomization.domain.csv_table import Table, read_table
from services.randomization.domain.list_rules import ListFault, is_sorted, stratum_faults
from services.randomization.domain.sequence import ReadRow, sequence_faults
from services.randomization.domain.slots import Slot
from shared.study import StudyDefinition
from shared.study.schemes import UploadedList

TOLD_PER_FAULT = 10
"""Of one fault in many rows, so many are told: the next fault shall be seen as well."""

_MOST_TELLING_FIRST = (
    "too-large", "not-utf8", "malformed-csv", "missing-column", "unknown-column",
    "sorted", "reordered", "truncated", "duplicate-row", "duplicate-sequence",
    "unknown-level", "unknown-arm", "out-of-sequence",
    "wrong-stratum", "wrong-length", "wrong-ratio", "too-long-run", "wrong-row-count", "wrong-hash",
)  # fmt: skip


@dataclass(frozen=True)
class Examined:
    """An examined file: its slots in the order of the rows, none where it has a fault."""

    slots: tuple[Slot, ...]
    faults: tuple[ListFault, ...]


def examine_upload(
    definition: StudyDefinition, content: bytes, *, sha256: str, rows: int
) -> Examined:
    """Judge a file against the study and against what its maker stated apart from it.

    ``sha256`` (64 hexadecimal digits, over the bytes as they are) and ``rows`` (without the header)
    reach us another way than the file does. All faults are told at once, the most telling first.
    """
    scheme = definition.randomization.scheme
    if not isinstance(scheme, UploadedList):
        words = "the study definition asks for a generated list"
        return Examined((), (ListFault(None, "wrong-method", words),))
    found = _as_stated(content, sha256)
    table, table_faults = read_table(definition, content)
    found += table_faults
    if table is not None:
        found += _rows_as_stated(len(table.rows), rows)
        read, row_faults = _read_rows(definition, table)
        slots = _slots(definition, read)
        found += [*_order(read, slots), *row_faults]
        if not row_faults:  # what cannot be read would be missing in its stratum as well
            found += stratum_faults(definition, scheme, slots)
        if not found:
            return Examined(tuple(slots), ())
    return Examined((), tuple(_told(found)))


def read_csv(
    definition: StudyDefinition, content: bytes
) -> tuple[tuple[Slot, ...], tuple[ListFault, ...]]:
    """The slots of a file and the faults of its form and its rows, whatever its order and ratio.

    Rows that cannot be read have no slot.
    """
    table, faults = read_table(definition, content)
    if table is None:
        return (), tuple(_told(faults))
    read, row_faults = _read_rows(definition, table)
    return tuple(_slots(definition, read)), tuple(_told([*faults, *row_faults]))


def _as_stated(content: bytes, sha256: str) -> list[ListFault]:
    if hashlib.sha256(content).hexdigest() == sha256.lower():
        return []
    words = "the file is not the one whose SHA-256 was stated"
    return [ListFault(None, "wrong-hash", words)]


def _rows_as_stated(found: int, stated: int) -> list[ListFault]:
    if found < stated:
        words = "the file has fewer rows than were stated: it may have been cut off"
        return [ListFault(None, "truncated", words)]
    if found > stated:
        return [ListFault(None, "wrong-row-count", "the file has more rows than were stated")]
    return []


def _read_rows(definition: StudyDefinition, table: Table) -> tuple[list[ReadRow], list[ListFault]]:
    arms = {arm.code for arm in definition.arms}
    factors = {f.factor: frozenset(f.level_codes) for f in definition.randomization.strata}
    read, faults = [], []
    for number, cells in enumerate(table.rows, start=1):
        row = dict(zip(table.header, cells, strict=True))
        wrong = [
            ListFault(number, "unknown-level", "the factor has no such level", factor)
            for factor, levels in factors.items()
            if row[factor] not in levels
        ]
        if row["arm"] not in arms:
            words = "the study has no such arm"
            wrong.append(ListFault(number, "unknown-arm", words, "arm"))
        levels = {factor: row[factor] for factor in factors}
        read.append(ReadRow(number, row["sequence"], levels, row["arm"], readable=not wrong))
        faults += wrong
    return read, faults


def _order(read: Sequence[ReadRow], slots: Sequence[Slot]) -> list[ListFault]:
    """Faults of the order: that a file was sorted says more than that its rows moved."""
    faults = sequence_faults(read)
    moved = any(fault.code == "reordered" for fault in faults)
    if is_sorted(slots) or (moved and _by_stratum_and_arm(read)):
        words = "the rows are sorted by arm: the order of allocation is lost"
        rest = [fault for fault in faults if fault.code != "reordered"]
        return [ListFault(None, "sorted", words), *rest]
    return faults


def _by_stratum_and_arm(read: Sequence[ReadRow]) -> bool:
    keys = [(*row.levels.values(), row.arm) for row in read]
    return keys == sorted(keys)


def _slots(definition: StudyDefinition, read: Sequence[ReadRow]) -> list[Slot]:
    labels: dict[tuple[str, ...], str] = {}
    positions: Counter[str] = Counter()
    slots = []
    for row in read:
        if row.readable:
            levels = tuple(row.levels.values())
            if levels not in labels:
                labels[levels] = definition.randomization.stratum_label(row.levels)
            label = labels[levels]
            positions[label] += 1
            slots.append(Slot(label, positions[label], row.arm))
    return slots


def _told(faults: Sequence[ListFault]) -> list[ListFault]:
    told: Counter[str] = Counter()
    kept = []
    for fault in sorted(faults, key=lambda each: _MOST_TELLING_FIRST.index(each.code)):
        told[fault.code] += 1
        if told[fault.code] <= TOLD_PER_FAULT:
            kept.append(fault)
    return kept
