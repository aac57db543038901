"""The table in a CSV file: UTF-8, commas, a header with the columns of the study."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from services.randomization.domain.list_rules import ListFault
from shared.study import StudyDefinition

MAX_BYTES = 8_000_000
MAX_CELL = 100


@dataclass(frozen=True)
class Table:
    """Every row has one cell for each column of the header."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def read_table(definition: StudyDefinition, content: bytes) -> tuple[Table | None, list[ListFault]]:
    """The table in a file, or None and every fault of its form. A byte-order mark and any line end
    are taken; nothing is trimmed, and no cell is given a meaning."""
    if len(content) > MAX_BYTES:
        return None, [ListFault(None, "too-large", f"a file has at most {MAX_BYTES} bytes")]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None, [ListFault(None, "not-utf8", "the file is not UTF-8 text")]
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        return None, [ListFault(None, "malformed-csv", "the file is not comma-separated text")]
    if not lines:
        return None, [ListFault(None, "malformed-csv", "the file is empty")]
    header, rows = lines[0], lines[1:]
    faults = _header_faults(definition, header)
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header) or any(len(cell) > MAX_CELL for cell in row):
            words = "the row has not one cell for every column"
            faults.append(ListFault(number, "malformed-csv", words))
    return (None if faults else Table(header, rows)), faults


def _header_faults(definition: StudyDefinition, header: Sequence[str]) -> list[ListFault]:
    wanted = _columns(definition)
    if len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        return [ListFault(None, "malformed-csv", "columns are separated by commas")]
    faults = [
        ListFault(None, "missing-column", "the header lacks this column", column)
        for column in wanted
        if column not in header
    ]
    if any(count > 1 or name not in wanted for name, count in Counter(header).items()):
        words = f"the columns are {', '.join(wanted)}, each once"
        faults.append(ListFault(None, "unknown-column", words))
    return faults


def _columns(definition: StudyDefinition) -> list[str]:
    return ["sequence", *(f.factor for f in definition.randomization.strata), "arm"]
