"""Files of lines, and of records whose fields are parted by ``$``, as MedDRA is distributed."""

from collections.abc import Iterator
from pathlib import Path

_MOST_BYTES = 64_000_000


class TerminologyError(Exception):
    """A dictionary that cannot be loaded: which file, and why. Never a term."""


def records(file: Path, fields: int) -> Iterator[list[str]]:
    """Each record with at least so many fields. Raises ``TerminologyError``."""
    for number, line in lines(file):
        parts = [part.strip() for part in line.split("$")]
        if len(parts) < fields:
            raise TerminologyError(f"{file.name}, line {number}: fewer than {fields} fields")
        yield parts


def lines(file: Path) -> Iterator[tuple[int, str]]:
    """Each line that is not blank, with its number. Raises ``TerminologyError``."""
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise TerminologyError(f"{file.name} is too large")
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise TerminologyError(f"{file.name} is not UTF-8") from None
    except OSError:
        raise TerminologyError(f"{file.name} cannot be read") from None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, line
