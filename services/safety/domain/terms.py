"""Terms of CTCAE v4.03 and the grades that each has: a set, not a range (source: the rule pack)."""

from dataclasses import dataclass
from functools import cache

from shared.rules.loading import load_pack

_PACK = "ctcae403_terms"


@dataclass(frozen=True)
class _Term:
    grades: frozenset[int]
    organ_class: str


@cache
def _terms() -> dict[str, _Term]:
    found: dict[str, _Term] = {}
    for row in load_pack(_PACK).tables["terms"].rows:
        grades = frozenset(int(digit) for digit in str(row["grades"]))
        names = row["terms"]
        for name in names if isinstance(names, tuple) else ():
            found[str(name).casefold()] = _Term(grades, str(row["class"]))
    return found


def grades_of(term: str) -> frozenset[int] | None:
    """The grades that a term has; None where the site's words are no term of CTCAE."""
    found = _find(term)
    return None if found is None else found.grades


def class_of(term: str) -> str | None:
    """The system organ class of a term; None where the words are no term of CTCAE."""
    found = _find(term)
    return None if found is None else found.organ_class


def _find(term: str) -> _Term | None:
    return _terms().get(" ".join(term.split()).casefold())
