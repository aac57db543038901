"""The hash-pinned requirement files, read."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "requirements"
_PIN = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)\s*(?:;\s*(.*?))?\s*\\?$"
)


class LockError(ValueError):
    """A line of a lock pins nothing; the message names file and line."""


@dataclass(frozen=True)
class Pin:
    """A library at one version. ``marker``: where it is installed, None for everywhere."""

    name: str
    version: str
    marker: str | None = None


def normal(name: str) -> str:
    """The one spelling of a package's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins_of(text: str, name: str) -> Iterator[Pin]:
    """All pins of one file. Raises ``LockError``: what is not pinned could not be checked."""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith(("#", "--hash=")):
            continue
        found = _PIN.fullmatch(line)
        if found is None:
            raise LockError(f"{name}, line {number}: this pins no version")
        yield Pin(normal(found[1]), found[2], found[3] or None)


def pins(names: Iterable[str] | None = None, folder: Path = FOLDER) -> list[Pin]:
    """The pins of the named files, or of all, each once. Raises ``LockError``."""
    asked = [file.stem for file in folder.glob("*.txt")] if names is None else list(names)
    files = [folder / f"{name}.txt" for name in asked]
    found = {pin for file in files for pin in pins_of(file.read_text(encoding="utf-8"), file.name)}
    return sorted(found, key=lambda pin: (pin.name, pin.version, pin.marker or ""))
