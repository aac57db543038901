"""SAS XPORT version 5, one dataset a file, written row by row.

Source: SAS Institute, TS-140, "The Record Layout of a Data Set in SAS Transport (XPORT) Format".
Everything lies in records of 80 bytes. The four stamps in the headers are the as-of instant.
"""

import struct
from datetime import date, datetime
from decimal import Decimal

from shared.datasets.ascii_text import LIMIT, to_ascii
from shared.datasets.dataset import About, Cell, Column, Dataset, Row, Survey
from shared.datasets.ibm_float import MISSING, ibm_float

_RECORD = 80
_NUMBER_BYTES = 8
_FIRST_DAY = date(1960, 1, 1)
"""Day 0 of SAS."""
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
# type, hash, length, number, name, label, format and its three numbers, filler, informat and its
# two numbers, position, rest: 140 bytes.
_NAMESTR = struct.Struct(">hhhh8s40s8shhh2s8shhl52s")


class XptWriter:
    """Raises ``ValueError`` for a name above 8 or a label above 40 characters, or no ASCII."""

    def __init__(self, dataset: Dataset, about: About, survey: Survey) -> None:
        self._dataset = dataset
        self._stamp = _stamp(about.as_of)
        self._widths = [_width(column, survey) for column in dataset.columns]
        self._written = 0
        _check(dataset)

    def start(self) -> bytes:
        stamp, dataset = self._stamp, self._dataset
        count = f"{len(dataset.columns):04d}".encode()
        head = (
            _header(b"LIBRARY ", bytes(30).replace(b"\0", b"0"))
            + (b"SAS     SAS     SASLIB  9.4     LINUX   " + b" " * 24 + stamp)
            + stamp.ljust(_RECORD)
            + _header(b"MEMBER  ", b"000000000000000001600000000140")
            + _header(b"DSCRPTR ", b"0" * 30)
            + (b"SAS     " + _text(dataset.name, 8) + b"SASDATA 9.4     LINUX   ")
            + (b" " * 24 + stamp)
            + (stamp + b" " * 16 + _text(dataset.label, 40) + b" " * 8)
            + _header(b"NAMESTR ", b"000000" + count + b"0" * 20)
        )
        names = b"".join(self._namestrs())
        return head + _filled(names) + _header(b"OBS     ", b"0" * 30)

    def row(self, cells: Row) -> bytes:
        written = b"".join(
            _cell(cell, column, width)
            for cell, column, width in zip(cells, self._dataset.columns, self._widths, strict=True)
        )
        self._written += len(written)
        return written

    def end(self) -> bytes:
        return b" " * (-self._written % _RECORD)

    def _namestrs(self) -> list[bytes]:
        position, made = 0, []
        for number, (column, width) in enumerate(
            zip(self._dataset.columns, self._widths, strict=True), start=1
        ):
            made.append(
                _NAMESTR.pack(
                    2 if column.kind == "text" else 1, 0, width, number, _text(column.name, 8),
                    _text(column.label, 40), *_format(column), 0, 0, bytes(2), b" " * 8, 0, 0,
                    position, bytes(52),
                )
            )  # fmt: skip
            position += width
        return made


def look_at(survey: Survey, dataset: Dataset, cells: Row) -> None:
    """Note in the survey what a row asks of the format."""
    survey.records += 1
    for column, cell in zip(dataset.columns, cells, strict=True):
        if not isinstance(cell, str):
            continue
        held = to_ascii(cell)
        survey.widths[column.name] = max(survey.widths.get(column.name, 1), len(held.content))
        for changed, counts in ((held.replaced, survey.replaced), (held.cut, survey.cut)):
            if changed:
                counts[column.name] = counts.get(column.name, 0) + 1


def _check(dataset: Dataset) -> None:
    for name, label in [
        (dataset.name, dataset.label),
        *((column.name, column.label) for column in dataset.columns),
    ]:
        if len(name) > 8 or len(label) > 40 or not (name + label).isascii():
            raise ValueError(f"{name}: names have at most 8 characters, labels 40, all ASCII")


def _width(column: Column, survey: Survey) -> int:
    return min(survey.widths.get(column.name, 1), LIMIT) if column.kind == "text" else _NUMBER_BYTES


def _format(column: Column) -> tuple[bytes, int]:
    return (b"DATE    ", 9) if column.kind == "date" else (b" " * 8, 0)


def _cell(cell: Cell, column: Column, width: int) -> bytes:
    if column.kind == "text":
        return to_ascii(str(cell)).content.ljust(width) if cell is not None else b" " * width
    if isinstance(cell, date):
        return ibm_float((cell - _FIRST_DAY).days)
    return ibm_float(cell) if isinstance(cell, int | Decimal) else MISSING


def _header(kind: bytes, numbers: bytes) -> bytes:
    return b"HEADER RECORD*******" + kind + b"HEADER RECORD!!!!!!!" + numbers + b"  "


def _text(text: str, width: int) -> bytes:
    return text.encode("ascii").ljust(width)


def _filled(content: bytes) -> bytes:
    return content + b" " * (-len(content) % _RECORD)


def _stamp(at: datetime) -> bytes:
    return f"{at:%d}{_MONTHS[at.month - 1]}{at:%y:%H:%M:%S}".encode()
