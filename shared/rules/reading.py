"""From the content of a pack file to a `Pack`; every fault is found, none is guessed away."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from shared.rules.model import Cell, Comparator, Parameter, Rule, Source, SourceKind, Table

NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(\+[0-9A-Za-z.-]+)?")
NUMBER = re.compile(r"-?(0|[1-9]\d{0,17})(\.\d{1,18})?")
TOP_KEYS = {"id", "version", "title", "arm_revealing", "parameters", "rules", "tables"}
# A paper or a standard that is not named cannot be looked up; an assumption without words hides.
REFERENCED = {"listing", "literature", "standard"}


class PackError(ValueError):
    """A pack file that is not fit for use, with all its faults."""

    def __init__(self, name: str, faults: list[str]) -> None:
        super().__init__(f"rule pack {name}: " + "; ".join(faults))
        self.faults = tuple(faults)


class Reader:
    """Reads entries and collects faults."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def fault(self, path: str, words: str) -> None:
        """Remember a fault at a place of the file."""
        self.faults.append(f"{path}: {words}")

    def header(self, content: Mapping[str, Any]) -> None:
        """Check id, version, title and that no key is unknown."""
        for key in sorted(set(content) - TOP_KEYS):
            self.fault(key, "unknown key")
        for key, pattern in (("id", NAME), ("version", SEMVER)):
            value = content.get(key)
            if not isinstance(value, str) or not pattern.fullmatch(value):
                self.fault(key, "missing or malformed")
        if not isinstance(content.get("title"), str) or not content["title"]:
            self.fault("title", "missing")
        if not isinstance(content.get("arm_revealing", False), bool):
            self.fault("arm_revealing", "is true or false")

    def parameters(self, content: Mapping[str, Any]) -> dict[str, Parameter]:
        """The parameters by id."""
        found = {}
        wanted = {"label", "value", "source", "comparator", "unit"}
        for name, path, entry in self._entries(content, "parameters", wanted):
            comparator = entry.get("comparator")
            if comparator is not None and comparator not in get_args(Comparator):
                self.fault(path, "comparator is one of lt, le, gt, ge")
            if comparator is not None and not _numeric(entry.get("value")):
                self.fault(path, "a limit needs a decimal number written as text, or an integer")
            unit = entry.get("unit")
            if unit is not None and not isinstance(unit, str):
                self.fault(path, "unit is text")
            found[name] = Parameter(
                name,
                self._words(path, entry, "label"),
                self._cell(path, entry.get("value")),
                self._source(path, entry),
                comparator,
                unit,
            )
        return found

    def rules(self, content: Mapping[str, Any]) -> dict[str, Rule]:
        """The rules by id, in the order of the file."""
        return {
            name: Rule(name, self._words(path, entry, "text"), self._source(path, entry))
            for name, path, entry in self._entries(content, "rules", {"text", "source"})
        }

    def tables(self, content: Mapping[str, Any]) -> dict[str, Table]:
        """The tables by id."""
        found = {}
        wanted = {"columns", "optional", "rows", "source"}
        for name, path, entry in self._entries(content, "tables", wanted):
            columns = self._names(path, entry.get("columns"))
            optional = self._names(path, entry.get("optional", []))
            if not set(optional) <= set(columns):
                self.fault(path, "optional names no column")
            rows = entry.get("rows")
            if not isinstance(rows, list) or not rows:
                self.fault(path, "rows are missing")
                rows = []
            read = tuple(
                self._row(f"{path}.rows[{number}]", row, set(columns), set(optional))
                for number, row in enumerate(rows)
            )
            found[name] = Table(name, columns, read, self._source(path, entry), optional)
        return found

    def _entries(
        self, content: Mapping[str, Any], section: str, wanted: set[str]
    ) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        entries = content.get(section, {})
        if not isinstance(entries, Mapping):
            self.fault(section, "is a table of entries")
            return
        for name, entry in entries.items():
            path = f"{section}.{name}"
            if not NAME.fullmatch(name):
                self.fault(path, "a name is lower case, digits, underscores")
            if not isinstance(entry, Mapping):
                self.fault(path, "is a table")
                continue
            for key in sorted(set(entry) - wanted):
                self.fault(f"{path}.{key}", "unknown key")
            yield name, path, entry

    def _source(self, path: str, entry: Mapping[str, Any]) -> Source:
        raw = entry.get("source")
        if not isinstance(raw, Mapping) or raw.get("kind") not in get_args(SourceKind):
            self.fault(path, "source is missing or of no known kind")
            return Source("assumed")
        for key in sorted(set(raw) - {"kind", "reference", "note"}):
            self.fault(f"{path}.source.{key}", "unknown key")
        if any(not isinstance(value, str) or not value for value in raw.values()):
            self.fault(f"{path}.source", "holds texts only")
        if raw["kind"] in REFERENCED and not raw.get("reference"):
            self.fault(f"{path}.source", "names no reference")
        return Source(raw["kind"], raw.get("reference"), raw.get("note"))

    def _words(self, path: str, entry: Mapping[str, Any], key: str) -> str:
        value = entry.get(key)
        if not isinstance(value, str) or not value:
            self.fault(path, f"{key} is missing")
            return ""
        return value

    def _names(self, path: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self.fault(path, "columns are a list of names")
            return ()
        if len(set(value)) != len(value):
            self.fault(path, "a column is named twice")
        return tuple(value)

    def _row(
        self, path: str, row: object, columns: set[str], optional: set[str]
    ) -> Mapping[str, Cell]:
        if not isinstance(row, Mapping):
            self.fault(path, "is no row")
            return {}
        for key in sorted(set(row) - columns):
            self.fault(f"{path}.{key}", "unknown key")
        for key in sorted(columns - optional - set(row)):
            self.fault(path, f"column {key} is missing")
        return {key: self._cell(f"{path}.{key}", value) for key, value in row.items()}

    def _cell(self, path: str, value: object) -> Cell:
        if isinstance(value, list):
            if all(isinstance(each, str | int) for each in value):
                return tuple(value)
        elif isinstance(value, str | int):
            return value
        self.fault(path, "is text, an integer, true or false, or a list of these; no binary float")
        return ""


def _numeric(value: object) -> bool:
    if isinstance(value, str):
        return NUMBER.fullmatch(value) is not None
    return isinstance(value, int) and not isinstance(value, bool)
