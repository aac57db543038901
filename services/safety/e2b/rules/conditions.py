"""Elements that are owed because another is there: rows of ``data/conditions.toml``."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from services.safety.e2b.layout import field_name
from services.safety.e2b.rules.dictionary import elements
from services.safety.e2b.rules.walk import Place
from services.safety.e2b.sections import is_empty
from services.safety.e2b.tables import load

# The condition is met by anything said in the part.
ANYTHING = "*"


@dataclass(frozen=True, slots=True)
class Condition:
    """``element``, or one of ``instead``, is owed where one of ``when`` is there.

    ``fda`` is the id under which the FDA rejects the same; ``fda_only``: ICH does not ask it.
    """

    element: str
    section: str
    when: tuple[str, ...]
    instead: tuple[str, ...]
    fda: str | None
    fda_only: bool

    @property
    def id(self) -> str:
        return f"ICH.{self.element}.CROSS"


@cache
def conditions() -> tuple[Condition, ...]:
    """All rows."""
    return tuple(
        Condition(
            element=row["element"],
            section=row.get("section", elements()[row["element"]].section),
            when=tuple(row["when"].split()),
            instead=tuple(row.get("instead", "").split()),
            fda=row.get("fda"),
            fda_only=row.get("fda_only", False),
        )
        for row in load("conditions")["condition"]
    )


def unmet(place: Place) -> Iterator[Condition]:
    """The rows that a part does not meet."""
    for row in conditions():
        if row.section == place.section and _holds(place, row.when):
            owed = (row.element, *row.instead)
            if all(place.value(field_name(each)) is None for each in owed):
                yield row


def _holds(place: Place, when: tuple[str, ...]) -> bool:
    if when == (ANYTHING,):
        return not is_empty(place.item)
    return any(place.value(field_name(each)) is not None for each in when)
