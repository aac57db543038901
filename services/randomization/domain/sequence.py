"""The running number of an uploaded list's rows: what it tells of rows moved, lost or doubled."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.randomization.domain.list_rules import ListFault

_COUNT = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True)
class ReadRow:
    """A row as it stands in the file. ``number`` counts rows from 1; ``readable`` where its levels
    and its arm are those of the study."""

    number: int
    sequence: str
    levels: Mapping[str, str]
    arm: str
    readable: bool


def sequence_faults(rows: Sequence[ReadRow]) -> list[ListFault]:
    """Faults of the running number, which must count 1, 2, 3 in the order of the file: over the
    whole file, or, where no number is larger than the largest stratum, within each stratum.

    Rows that are all there in another order are one fault (``reordered``), at the first row that
    moved. Else every row that repeats a number is one (``duplicate-row`` where the whole row comes
    again), and every row at which the count jumps (``out-of-sequence``).
    """
    strata: dict[tuple[str, ...], list[ReadRow]] = {}
    for row in rows:
        strata.setdefault(tuple(row.levels.values()), []).append(row)
    largest = max(map(len, strata.values()), default=0)
    if len(strata) > 1 and all(0 < (_number(row) or 0) <= largest for row in rows):
        return [fault for stratum in strata.values() for fault in _faults(stratum)]
    return _faults(rows)


def _number(row: ReadRow) -> int | None:
    return int(row.sequence) if _COUNT.fullmatch(row.sequence) else None


def _faults(rows: Sequence[ReadRow]) -> list[ListFault]:
    numbers = [_number(row) for row in rows]
    expected = list(range(1, len(rows) + 1))
    if numbers == expected:
        return []
    if None not in numbers and sorted(n for n in numbers if n is not None) == expected:
        first = next(row.number for n, row in enumerate(rows) if numbers[n] != n + 1)
        words = "the rows are not in the order of their sequence"
        return [ListFault(first, "reordered", words, "sequence")]
    return _breaks(rows, numbers)


def _breaks(rows: Sequence[ReadRow], numbers: Sequence[int | None]) -> list[ListFault]:
    seen: dict[int, ReadRow] = {}
    duplicates, jumps = [], []
    before: int | None = 0
    for row, number in zip(rows, numbers, strict=True):
        if number is None:
            words = "sequence is a whole number from 1"
            jumps.append(ListFault(row.number, "out-of-sequence", words, "sequence"))
        elif number in seen:
            duplicates.append(_duplicate(row, seen[number]))
        elif before is not None and number != before + 1:
            words = "the sequence does not count on from the row before"
            jumps.append(ListFault(row.number, "out-of-sequence", words, "sequence"))
        if number is not None:
            seen.setdefault(number, row)
        before = number
    return [*duplicates, *jumps]


def _duplicate(row: ReadRow, first: ReadRow) -> ListFault:
    if (row.levels, row.arm) == (first.levels, first.arm):
        words = "the row stands in the file twice"
        return ListFault(row.number, "duplicate-row", words)
    words = "another row has this sequence number"
    return ListFault(row.number, "duplicate-sequence", words, "sequence")
