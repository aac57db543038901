"""The role matrix as an auditor reads it: actions by roles, with what each cell allows."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("actions.toml")
LETTERS = frozenset(["S", "A", "W", "R", "i", "m", "L", "B", "C", "O", "G", "2", "D"])


@dataclass(frozen=True)
class Elsewhere:
    """A cell that is answered otherwise than the guidance's table has it, and why."""

    guide: str
    why: str


@dataclass(frozen=True)
class Action:
    """``cells`` holds the letters of each role that has any; ``operations`` what it is done by."""

    name: str
    title: str
    operations: tuple[str, ...]
    cells: dict[str, frozenset[str]]
    elsewhere: dict[str, Elsewhere]


@cache
def actions() -> dict[str, Action]:
    """The actions as shipped. Raises ``ValueError`` where a cell has a letter of no meaning."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    found = {}
    for name, entry in data["actions"].items():
        cells = {role: frozenset(cell.split()) for role, cell in entry["cells"].items()}
        for role, letters in cells.items():
            if not letters or letters - LETTERS:
                raise ValueError(f"{name}, {role}: {sorted(letters - LETTERS)} means nothing")
        other = {role: Elsewhere(**cell) for role, cell in entry.get("elsewhere", {}).items()}
        operations = tuple(entry["operations"])
        found[name] = Action(name, entry["title"], operations, cells, other)
    return found
