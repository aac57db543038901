"""Terms of CTCAE v4.03 and the grades that each of them has. Source: the pack `ctcae403_terms`.

Free of criteria: what a grade means is read in the standard. The version has no term for
sinusoidal obstruction syndrome.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from shared.rules.loading import PackError, load_pack
from shared.rules.model import Pack

TermFault = Literal["term_unknown", "grade_absent"]


@dataclass(frozen=True, slots=True)
class Term:
    """A term, its system organ class, and its grades, least first."""

    name: str
    organ_class: str
    grades: tuple[int, ...]


class TermList:
    """The terms of a pack. Raises PackError where a term is listed twice or has an odd grade."""

    def __init__(self, pack: Pack) -> None:
        faults = []
        found: dict[str, Term] = {}
        for row in pack.rows("terms"):
            digits, names = str(row["grades"]), row["terms"]
            if not digits or sorted(set(digits)) != list(digits) or not set(digits) <= set("12345"):
                faults.append(f"{row['class']}: grades {digits} are no rising list of 1 to 5")
                continue
            grades = tuple(int(digit) for digit in digits)
            for name in names if isinstance(names, tuple) else (names,):
                term = Term(str(name), str(row["class"]), grades)
                if found.setdefault(_key(term.name), term) is not term:
                    faults.append(f"{name}: is listed twice")
        if faults:
            raise PackError(pack.id, faults)
        self._terms: Mapping[str, Term] = found

    def __len__(self) -> int:
        return len(self._terms)

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in alphabetical order."""
        return tuple(sorted(term.name for term in self._terms.values()))

    def find(self, name: str) -> Term | None:
        """The term of a name, whatever its case and spacing; None where there is none."""
        return self._terms.get(_key(name))

    def fault(self, name: str, grade: int) -> TermFault | None:
        """What is wrong with a graded term of a report; None where term and grade exist."""
        term = self.find(name)
        if term is None:
            return "term_unknown"
        return None if grade in term.grades else "grade_absent"


@cache
def term_list(pack: str) -> TermList:
    """The terms of a shipped pack. Raises PackError where there is none of that name."""
    return TermList(load_pack(pack))


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()
