"""Values of E2B elements in words."""

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from services.safety.e2b.values import NullFlavor, Precision, Stamp

Terms = Callable[[str], str | None]
"""The term of a MedDRA code in the loaded version; None where there is none or it is not there."""
_FILE = Path(__file__).parent / "words.toml"


def word(kind: str, code: Any) -> str:
    """A code in words; the code itself where there are none, nothing where it is missing."""
    if code is None:
        return ""
    if isinstance(code, NullFlavor):
        return _table()["missing"].get(code.value, code.value)
    return _table()[kind].get(code, str(code))


def told(value: Any) -> str:
    """A text, or in words why it is missing."""
    if isinstance(value, Stamp):
        return day(value)
    return word("missing", value) if isinstance(value, NullFlavor) else str(value or "")


def day(value: Stamp) -> str:
    """A date as far as it is known, ISO 8601; the time of day is left to the message."""
    precision, text = value.precision, value.text
    if precision is None:
        return text
    if precision is Precision.YEAR:
        return text[:4]
    if precision is Precision.MONTH:
        return f"{text[:4]}-{text[4:6]}"
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}"


def amount(number: str | None, unit: str | None) -> str:
    """A number with its unit."""
    return " ".join(part for part in (number or "", word("unit", unit)) if part)


def coded(code: str, terms: Terms) -> str:
    """A MedDRA code, with its term where that is known."""
    name = terms(code)
    return f"MedDRA LLT {code}" if name is None else f"{name} (MedDRA LLT {code})"


def criteria() -> dict[str, str]:
    """The six seriousness criteria by field, in words."""
    return _table()["criterion"]


@cache
def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
