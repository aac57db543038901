"""One record's worth of what is submitted, as it was sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

Mode = Literal["insert", "update", "upsert"]
"""`insert`: the record is new, or the same again. `update`: it is there. `upsert`: either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a sender wants a record to be. Items left out stay as they are; None removes a value.

    `reason` is needed where a value that was there becomes another one. `if_version` is the
    version that the change is based on. `place` is where the row stands in what was sent.
    """

    subject: str
    form: str
    items: Mapping[str, object]
    visit: str | None = None
    repeat: int = 1
    observed_on: date | None = None
    reason: str | None = None
    mode: Mode = "upsert"
    if_version: int | None = None
    place: tuple[str, ...] = ()
