"""Code systems of routes, dose forms and products: their roots, and the shape of their codes."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from services.safety.e2b.tables import load

Coded = Literal["route", "form", "product"]


@dataclass(frozen=True, slots=True)
class TermSystem:
    """A code system. ``source`` is the table that names its root and the shape of its codes."""

    id: str
    oid: str
    pattern: re.Pattern[str]
    name: str
    source: str

    def has_shape_of(self, code: str) -> bool:
        """Whether this can be a code of it; whether it is one, no list here says."""
        return self.pattern.fullmatch(code) is not None


@cache
def term_systems(kind: Coded) -> dict[str, TermSystem]:
    """The systems that a route, a form or a product may be coded in, by id."""
    return {
        name: TermSystem(
            name, row["oid"], re.compile(row["pattern"], re.ASCII), row["name"], row["source"]
        )
        for name, row in load("term_systems")[kind].items()
    }


def plain_system(kind: Coded) -> TermSystem:
    """The one that a message is in where nothing else is said: the first of its table."""
    return next(iter(term_systems(kind).values()))


def of_oid(kind: Coded, oid: str | None) -> TermSystem | None:
    """The system of a root in a message (None there: the plain one); None where it is unknown."""
    if oid is None:
        return plain_system(kind)
    return next((each for each in term_systems(kind).values() if each.oid == oid), None)
