"""Faults of a definition file: where, and what is wrong, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Keys and list positions from the top of a file down to a value."""


def path_text(path: Path) -> str:
    """`endpoints[2].events[0]`; empty for the whole file."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault: line and column counted from 1, the path within the file, and words."""

    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}"
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault before its place in the text is known; `at_key` points at the key, not its value."""

    path: Path
    message: str
    at_key: bool = False


class DefinitionError(ValueError):
    """A definition cannot be loaded; `faults` holds every reason."""

    def __init__(self, name: str, faults: Sequence[Fault]) -> None:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__("\n".join([f"{name}: {count}", *map(str, faults)]))
        self.faults = tuple(faults)
