"""Which rules of the tables are held, and which are not and why; tests compare with the tables."""

from functools import cache

from services.safety.e2b.rules.conditions import conditions
from services.safety.e2b.rules.dictionary import Element, elements
from services.safety.e2b.rules.registry import of_file, sheets
from services.safety.e2b.tables import load
from services.safety.e2b.values import Precision

# What the dictionary says of an element is held for each of them by kind.
_BY_KIND = {
    "number": ("FORMAT",),
    "country": ("FORMAT",),
    "language": ("FORMAT",),
    "meddra_version": ("FORMAT",),
    "meddra_code": ("FORMAT", "TERM"),
    "code": ("CODE",),
    "flag": ("CODE",),
    "date": ("FORMAT", "FUTURE"),
}


@cache
def fda_held() -> frozenset[str]:
    """The ids of the FDA that a check can raise."""
    named = {sheet.fda for sheet in sheets().values()} | {row.fda for row in conditions()}
    same: dict[str, str] = load("fda_same")["same"]
    own = {name for name in of_file("rules_fda") if name[0] in "RW"}
    return frozenset({name for name in named if name} | set(same.values()) | own)


def fda_listed() -> dict[str, str]:
    """The ids of the FDA that no check raises, each with the reason."""
    return {
        name: group["reason"]
        for group in load("fda_not_held")["group"]
        for name in group["ids"].split()
    }


def kinds_of(element: Element) -> tuple[str, ...]:
    """The kinds of rule that an element can break, as ``ICH.<element>.<KIND>``."""
    kinds = ["NULLFLAVOR", *_BY_KIND.get(element.kind, ())]
    if element.precision is not None and element.precision > Precision.YEAR:
        kinds.append("PRECISION")
    if element.need in {"mandatory", "required"}:
        kinds.append("REQUIRED")
    if element.max_length is not None:
        kinds.append("LENGTH")
    return tuple(kinds)


def conditional_held() -> frozenset[str]:
    """The elements owed under a condition that is checked."""
    across = {sheets()[name].element for name in of_file("rules_ich")}
    alternatives = {one for row in conditions() for one in row.instead}
    return frozenset({row.element for row in conditions()} | across | alternatives)


def conditional_listed() -> dict[str, str]:
    """The elements that ICH calls conditional whose condition is not checked, with the reason."""
    listed: dict[str, str] = load("ich_not_held")["conditional"]
    return listed


def conditional() -> frozenset[str]:
    """The elements that ICH calls conditional."""
    return frozenset(name for name, one in elements().items() if one.need == "conditional")
