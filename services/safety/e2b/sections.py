"""Sections as tables of paths, ready to be walked both ways."""

import dataclasses
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args, get_type_hints

from services.safety.e2b.layout import field_name
from services.safety.e2b.paths import Path, Step, parse
from services.safety.e2b.tables import load, names
from services.safety.e2b.values import Stamp

# They describe another value beside them, so they are never themselves missing for a reason.
_NEVER_NULL = frozenset(
    {
        "codeSystem", "codeSystemVersion", "unit", "language", "assigningAuthorityName",
        "mediaType", "representation", "compression",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """An element: the field that holds it, and where it stands."""

    element: str
    field: str
    path: Path

    @property
    def nullable(self) -> bool:
        """Whether a nullFlavor beside it speaks of this value."""
        return self.path.attribute not in _NEVER_NULL


@dataclass(frozen=True, slots=True)
class Section:
    """Rows below one element, and the way to it: ``lead``, then ``each`` per repetition."""

    lead: tuple[Step, ...]
    each: tuple[Step, ...]
    rows: tuple[Row, ...]


@cache
def section(name: str) -> Section:
    """A section by its name in ``data/paths_*.toml``; raises ``KeyError``."""
    table = _tables()[name]
    at = parse(table["at"]).steps if "at" in table else ()
    turn = next((place for place, step in enumerate(at) if step.repeats), len(at))
    base = table.get("base", "")
    rows = tuple(
        Row(element, field_name(element), _path(path, base))
        for element, path in table.items()
        if element not in {"at", "base"}
    )
    return Section(at[:turn], at[turn:], rows)


@cache
def elements() -> dict[str, str]:
    """Every element of the tables by the name of its field."""
    found = {}
    for table in _tables().values():
        found.update({field_name(name): name for name in table if name not in {"at", "base"}})
    return found


@cache
def flags(kind: type) -> frozenset[str]:
    """The fields of a class that hold true or false."""
    return _fields_of(kind, bool)


@cache
def dates(kind: type) -> frozenset[str]:
    """The fields of a class that hold a date."""
    return _fields_of(kind, Stamp)


def is_empty(item: Any) -> bool:
    """Whether nothing at all is said in a part."""
    for each in dataclasses.fields(item):
        value = getattr(item, each.name)
        if dataclasses.is_dataclass(value) and not isinstance(value, Stamp):
            if not is_empty(value):
                return False
        elif value is not None and value != ():
            return False
    return True


def _fields_of(kind: type, wanted: type) -> frozenset[str]:
    hints = get_type_hints(kind)
    return frozenset(name for name, hint in hints.items() if wanted in get_args(hint))


@cache
def _tables() -> dict[str, dict[str, str]]:
    tables: dict[str, dict[str, str]] = {}
    for file in names("paths_"):
        tables.update(load(file))
    return tables


def _path(text: str, base: str) -> Path:
    if text.startswith(".@"):
        return Path((), attribute=text[2:])
    return parse(text.replace("$", base, 1))
