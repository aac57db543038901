"""Keyset pagination: a page starts after the last key of the one before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query

MAX_LIMIT = 200
T = TypeVar("T")


@dataclass(frozen=True)
class Page:
    """``limit`` rows with keys beyond ``after``; one row more is asked for, to know of a next."""

    after: str
    limit: int

    def cut(self, rows: Sequence[T]) -> Sequence[T]:
        return rows[: self.limit]

    def next(self, rows: Sequence[Mapping[str, Any]], key: str) -> str | None:
        """The ``after`` of the next page, None on the last."""
        return str(rows[self.limit - 1][key]) if len(rows) > self.limit else None


def page() -> Any:
    """The dependency of a route that answers pages."""

    def read(
        after: Annotated[str, Query(max_length=100, pattern=r"^[A-Za-z0-9_.:+-]*$")] = "",
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
    ) -> Page:
        return Page(after, limit)

    return Depends(read)
