"""Which columns a redaction marks, and why the others are out: see ``redaction_stock.toml``."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("redaction_stock.toml")


@dataclass(frozen=True)
class Stock:
    """``unsearched``: tables in which no words are looked for, each with its reason; ``told``: who
    has what stands in a table, where no redaction reaches."""

    marked: Mapping[str, frozenset[str]]
    unsearched: Mapping[str, str]
    told: Mapping[str, str]
    _names: Mapping[str, str]
    _out: Mapping[str, str]

    def marks(self, table: str, column: str) -> bool:
        return column in self.marked.get(table, frozenset())

    def why_out(self, table: str, column: str) -> str | None:
        """Why words in the column refuse a redaction; None where nobody has said."""
        found = self._out.get(f"{table}.{column}") or self._names.get(column)
        return found or self._out.get(f"{table}.*")


@cache
def stock() -> Stock:
    """The stock as shipped."""
    told = tomllib.loads(FILE.read_text(encoding="utf-8"))
    marked = {table: frozenset(columns) for table, columns in told["mark"].items()}
    names = {name: why for why, columns in told["out_names"].items() for name in columns}
    return Stock(marked, told["unsearched"], told["told"], names, told["out"])
