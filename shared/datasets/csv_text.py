"""CSV by RFC 4180: for machines as it is, for people with formulas made harmless.

A spreadsheet runs a cell that begins with ``= + - @``, a tab or a carriage return. In the file for
people such a text gets an apostrophe in front (OWASP ASVS V1.2.10). The file for machines holds
every text unaltered. A plain number keeps its sign in both.
"""

import re
from decimal import Decimal

from shared.datasets.dataset import Cell, Dataset, Row, number_text

_SPECIAL = re.compile(r'[",\r\n]')
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)


class CsvWriter:
    """UTF-8 with a header, lines end with CR LF; a missing value is an empty field.

    ``for_people`` makes texts harmless that a spreadsheet would run.
    """

    def __init__(self, dataset: Dataset, *, for_people: bool = False) -> None:
        self._names = [column.name for column in dataset.columns]
        self._for_people = for_people

    def start(self) -> bytes:
        return self.row(self._names)

    def row(self, cells: Row) -> bytes:
        return (",".join(self._field(cell) for cell in cells) + "\r\n").encode()

    def end(self) -> bytes:
        return b""

    def _field(self, cell: Cell) -> str:
        if cell is None:
            return ""
        text = number_text(cell) if isinstance(cell, Decimal) else str(cell)
        if self._for_people:
            text = harmless(text)
        return '"' + text.replace('"', '""') + '"' if _SPECIAL.search(text) else text


def harmless(text: str) -> str:
    """The text as a spreadsheet shows it and does not run it."""
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text
