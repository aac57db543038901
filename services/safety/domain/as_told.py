"""A value as it was told: known, or missing for a reason that was told instead."""

from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from services.safety.e2b.values import Date, NullFlavor, Stamp

T = TypeVar("T", str, bool)


@dataclass(frozen=True)
class Missing:
    """Why a value is missing, by its code in E2B(R3), such as ASKU (asked, not known)."""

    missing: str


PartialDay = str | Missing | None
"""YYYY, YYYY-MM or YYYY-MM-DD, as far as it is known."""
Words = str | Missing | None


def stamp(value: date | PartialDay) -> Date:
    """A date as E2B has it, exactly as far as it was told."""
    if value is None:
        return None
    if isinstance(value, Missing):
        return NullFlavor(value.missing)
    return Stamp(str(value).replace("-", ""))


def as_e2b(value: T | Missing | None) -> T | NullFlavor | None:
    """A value as E2B has it."""
    return NullFlavor(value.missing) if isinstance(value, Missing) else value


def in_words(value: Words) -> str | None:
    """The text where there is one."""
    return value if isinstance(value, str) else None
