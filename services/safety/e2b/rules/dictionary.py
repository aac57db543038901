"""What each element may hold, as loaded from ``data/dictionary_*.toml``."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from services.safety.e2b.tables import load, names
from services.safety.e2b.values import NullFlavor, Precision

_FDA = "dictionary_fda"


@dataclass(frozen=True, slots=True)
class Element:
    """Facts of one element. ``max_length`` counts characters; None: no limit is stated."""

    id: str
    section: str
    need: str
    kind: str
    max_length: int | None
    codes: frozenset[str]
    precision: Precision | None
    nulls: frozenset[NullFlavor]


@cache
def elements() -> dict[str, Element]:
    """Every element, regional ones too, by id."""
    found = {}
    for file in names("dictionary_"):
        for section, rows in load(file).items():
            for element, facts in rows.items():
                found[element] = _element(element, section, facts)
    return found


@cache
def mandatory(section: str) -> tuple[Element, ...]:
    """What every repetition of a section must have."""
    return tuple(
        each
        for each in elements().values()
        if each.section == section and each.need in {"mandatory", "required"}
    )


@cache
def regional() -> frozenset[str]:
    """The elements that only the FDA knows."""
    return frozenset(name for rows in load(_FDA).values() for name in rows)


def _element(element: str, section: str, facts: dict[str, Any]) -> Element:
    precision = facts.get("precision")
    return Element(
        id=element,
        section=section,
        need=facts["need"],
        kind=facts["kind"],
        max_length=facts.get("max"),
        codes=frozenset(facts.get("codes", "").split()),
        precision=None if precision is None else Precision[precision.upper()],
        nulls=frozenset(NullFlavor(one) for one in facts.get("null", "").split()),
    )
