"""Keyset pagination: a page starts after the last key of the one before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query

from shared.http.problems import FieldError, InvalidContent
from shared.http.refusals import pointer

MAX_LIMIT = 200
DIGITS = 18
"""Of a number by which rows are in order: so many the database surely takes."""
T = TypeVar("T")


@dataclass(frozen=True)
class Page:
    """``limit`` rows with keys beyond ``after``; one row more is asked for, to know of a next."""

    after: str
    limit: int

    def cut(self, rows: Sequence[T]) -> Sequence[T]:
        return rows[: self.limit]

    def number(self) -> int:
        """The number that the page starts after, 0 for the first page. Raises ``InvalidContent``
        where ``after`` is none."""
        return number(self.after) if self.after else 0

    def next(self, rows: Sequence[Mapping[str, Any]], key: str) -> str | None:
        """The ``after`` of the next page, None on the last."""
        return str(rows[self.limit - 1][key]) if len(rows) > self.limit else None


def number(text: str) -> int:
    """A number of a cursor. Raises ``InvalidContent``."""
    if not (text.isascii() and text.isdecimal() and len(text) <= DIGITS):
        raise no_cursor()
    return int(text)


def no_cursor() -> InvalidContent:
    """What is answered to an ``after`` at which no page ended."""
    fault = FieldError(pointer(("query", "after")), "no-cursor", "No page ended here.")
    return InvalidContent(errors=[fault])


def page() -> Any:
    """The dependency of a route that answers pages."""

    def read(
        after: Annotated[str, Query(max_length=100, pattern=r"^[A-Za-z0-9_.:+-]*$")] = "",
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
    ) -> Page:
        return Page(after, limit)

    return Depends(read)
