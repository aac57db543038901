"""A dataset to be written: its columns, and rows that come one after another."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol

Cell = str | int | Decimal | date | None
"""A value; None where there is none, never an empty text."""

Row = Sequence[Cell]
Kind = Literal["text", "integer", "decimal", "date"]


@dataclass(frozen=True, slots=True)
class Column:
    """A variable. Names have at most 8 characters and labels at most 40 (SAS XPORT version 5)."""

    name: str
    label: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table of one kind of observations; ``keys`` are the columns that tell its rows apart."""

    name: str
    label: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """What an export is: of which study and variant, as of which instant.

    ``variant`` tells apart what is shown to whom: blinded or unblinded, open or closed. ``as_of``
    (UTC) stands wherever a format asks when a file was made: the same export has the same bytes
    whenever it is written.
    """

    study: str
    title: str
    variant: str
    as_of: datetime
    definition_version: str
    system_version: str

    @property
    def instant(self) -> str:
        """The as-of instant in ISO 8601, with its offset."""
        return self.as_of.isoformat(timespec="seconds")


@dataclass
class Survey:
    """What a format must know of all rows before the first is written.

    ``widths`` are the bytes of the longest ASCII text of a column; ``replaced`` and ``cut`` count
    the texts that XPT cannot hold as they are.
    """

    records: int = 0
    widths: dict[str, int] = field(default_factory=dict)
    replaced: dict[str, int] = field(default_factory=dict)
    cut: dict[str, int] = field(default_factory=dict)


class Writer(Protocol):
    """Writes one dataset: ``start``, then ``row`` for each row, then ``end``."""

    def start(self) -> bytes:
        """What comes before the first row."""

    def row(self, cells: Row) -> bytes:
        """One row."""

    def end(self) -> bytes:
        """What comes after the last row."""


def number_text(value: Decimal) -> str:
    """A decimal as plain digits, each of them kept ("0.00005", never "5E-5")."""
    return format(value, "f")
