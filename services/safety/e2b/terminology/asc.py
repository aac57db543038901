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


def lines(file: Path, most: int = _MOST_BYTES) -> Iterator[tuple[int, str]]:
    """Each line that is not blank, with its number, of a file of at most so many bytes. Raises
    ``TerminologyError``."""
    try:
        if file.stat().st_size > most:
            raise TerminologyError(f"{file.name} is too large")
        with file.open(encoding="utf-8") as text:
            for number, line in enumerate(text, start=1):
                if line.strip():
                    yield number, line.rstrip("\n")
    except UnicodeDecodeError:
        raise TerminologyError(f"{file.name} is not UTF-8") from None
    except OSError:
        raise TerminologyError(f"{file.name} cannot be read") from None
