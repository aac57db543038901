"""Weight and height of the child when an event began (ICH E2B(R3) D.3, D.4), by its records."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

FILE = Path(__file__).with_name("body_size.toml")
Size = Literal["weight", "height"]
# A bound ("<5") is no measurement of a child.
_NUMBER = re.compile(r"[0-9]{1,3}(\.[0-9]+)?", re.ASCII)
_STEP: Mapping[Size, Decimal] = {"weight": Decimal("0.01"), "height": Decimal(1)}


@dataclass(frozen=True)
class SizeForm:
    """A form of measurements, with its items; the empty name is no item."""

    form: str
    date: str
    weight: str = ""
    height: str = ""

    @property
    def items(self) -> tuple[str, ...]:
        return tuple(name for name in (self.date, self.weight, self.height) if name)


@dataclass(frozen=True)
class Measured:
    """What was measured on a day: kg and cm, as kept."""

    on: date
    weight: str | None = None
    height: str | None = None


@cache
def size_forms() -> tuple[SizeForm, ...]:
    """The forms as shipped."""
    return tuple(SizeForm(**each) for each in _data()["form"])


def measured(items: Mapping[str, str], form: SizeForm) -> Measured | None:
    """The measurement of a record's items by id; None where its day is not known."""
    try:
        on = date.fromisoformat(items[form.date])
    except (KeyError, ValueError):
        return None
    return Measured(on, items.get(form.weight), items.get(form.height))


def size_at(found: Iterable[Measured], which: Size, day: date) -> str | None:
    """The newest measurement by that day that still tells the size then; kg to two decimals, whole
    cm. None where there is none."""
    first = day - timedelta(days=_data()["days_before"][which])
    known = [
        (each.on, value)
        for each in found
        if first <= each.on <= day
        and (value := getattr(each, which)) is not None
        and _NUMBER.fullmatch(value)
    ]
    return rounded(max(known)[1], which) if known else None


def is_plausible(value: str, which: Size) -> bool:
    """Whether a reported size can be that of a child."""
    largest: int = _data()["largest"][which]
    return 0 < Decimal(value) <= largest


def rounded(value: str, which: Size) -> str:
    """A measurement as exactly as the element holds it."""
    number = Decimal(value).quantize(_STEP[which], ROUND_HALF_UP)
    return format(number.normalize(), "f")


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
