"""Terms of CTCAE v4.03 and the grades that each has: a set, not a range (source: the rule pack)."""

from functools import cache

from shared.rules.loading import load_pack

_PACK = "ctcae403_terms"


@cache
def _grades() -> dict[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    for row in load_pack(_PACK).tables["terms"].rows:
        grades = frozenset(int(digit) for digit in str(row["grades"]))
        names = row["terms"]
        for name in names if isinstance(names, tuple) else ():
            found[str(name).casefold()] = grades
    return found


def grades_of(term: str) -> frozenset[int] | None:
    """The grades that a term has; None where the site's words are no term of CTCAE."""
    return _grades().get(" ".join(term.split()).casefold())
