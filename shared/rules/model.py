"""What a rule pack is made of: parameters, rules and tables, each with its source.

A pack never holds a binary float: a number that is no integer is written as text ("0.0001") and
becomes a `Decimal`, so that a threshold is compared as it was printed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

SourceKind = Literal["record", "listing", "literature", "standard", "assumed"]
Comparator = Literal["lt", "le", "gt", "ge"]
Scalar = str | int | bool
Cell = Scalar | tuple[Scalar, ...]

SIGNS: Mapping[Comparator, str] = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact comes from.

    `record` the registry record, `listing` other public listings of the trial, `literature` a
    paper, `standard` a named standard or guideline, `assumed` a choice the public record leaves
    open: the product prints every one of these.
    """

    kind: SourceKind
    reference: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """A threshold with its comparator: a value meets it if `value COMPARATOR threshold`."""

    comparator: Comparator
    value: Decimal
    unit: str | None = None

    def holds(self, value: Decimal) -> bool:
        """Whether an exactly known value meets the limit."""
        match self.comparator:
            case "lt":
                return value < self.value
            case "le":
                return value <= self.value
            case "gt":
                return value > self.value
            case "ge":
                return value >= self.value

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit not in {None, "1"} else ""
        return f"{SIGNS[self.comparator]} {self.value:f}{unit}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named value of a pack; with `comparator` it is a limit."""

    id: str
    label: str
    value: Cell
    source: Source
    comparator: Comparator | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in the words a person reads; its code is found under the same id."""

    id: str
    text: str
    source: Source


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of the same columns; a row lacks a column only where that column is optional."""

    id: str
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Cell], ...]
    source: Source
    optional: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pack:
    """A rule pack in force: its parameters, rules and tables by id.

    `sha256` is the hash of the canonical JSON of the whole content. What an `arm_revealing` pack
    derives does not exist for roles that must not know the arm. Reading a name that the pack lacks
    raises KeyError, a value of another kind TypeError: both are faults of the pack's code.
    """

    id: str
    version: str
    title: str
    sha256: str
    parameters: Mapping[str, Parameter]
    rules: Mapping[str, Rule]
    tables: Mapping[str, Table]
    arm_revealing: bool = False

    def limit(self, name: str) -> Limit:
        """The parameter as a threshold with its comparator."""
        parameter = self.parameters[name]
        if parameter.comparator is None:
            raise TypeError(f"parameter {name} of pack {self.id} has no comparator")
        return Limit(parameter.comparator, self.decimal(name), parameter.unit)

    def decimal(self, name: str) -> Decimal:
        """The parameter as an exact number."""
        value = self.parameters[name].value
        if isinstance(value, bool | tuple):
            raise TypeError(f"parameter {name} of pack {self.id} is no number")
        return Decimal(value)

    def integer(self, name: str) -> int:
        """The parameter as a whole number (days, counts)."""
        value = self.parameters[name].value
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"parameter {name} of pack {self.id} is no whole number")
        return value

    def switch(self, name: str) -> bool:
        """The parameter as yes or no."""
        value = self.parameters[name].value
        if not isinstance(value, bool):
            raise TypeError(f"parameter {name} of pack {self.id} is no switch")
        return value

    def text(self, name: str) -> str:
        """The parameter as a code."""
        value = self.parameters[name].value
        if not isinstance(value, str):
            raise TypeError(f"parameter {name} of pack {self.id} is no text")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """The parameter as a list of codes."""
        value = self.parameters[name].value
        if not isinstance(value, tuple):
            raise TypeError(f"parameter {name} of pack {self.id} is no list")
        return tuple(str(each) for each in value)

    def rows(self, table: str) -> tuple[Mapping[str, Cell], ...]:
        """The rows of a table."""
        return self.tables[table].rows

    @property
    def assumed(self) -> tuple[str, ...]:
        """Ids of parameters, rules and tables that the public record leaves open."""
        entries: tuple[Parameter | Rule | Table, ...] = (
            *self.parameters.values(),
            *self.rules.values(),
            *self.tables.values(),
        )
        return tuple(sorted({entry.id for entry in entries if entry.source.kind == "assumed"}))
