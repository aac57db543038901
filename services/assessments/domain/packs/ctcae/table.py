"""The laboratory grades of CTCAE v4.03 as a table: terms, their ladders of cut-points, checks.

Source: CTCAE v4.03 (NCI, 14 June 2010), as data in the pack `ctcae403`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Literal, cast, get_args

from services.assessments.domain.packs.units import UnitFault, UnitSystem
from shared.rules.loading import PackError
from shared.rules.model import Cell, Comparator, Pack

Reference = Literal["lln", "uln", "baseline", "raised_limit"]
GRADES = (4, 3, 2, 1)
"""Worst first: in this order they are tried. Grade 5 is death, never a number."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """Cut-points by grade: absolute in `unit`, or relative to a limit of normal or the baseline.

    Of `lln`, `uln` and `baseline` they are multiples; to `raised_limit` (upper limit of normal, or
    the baseline where higher) they are added, in `unit`. With `given` they count only where that
    circumstance holds.
    """

    comparator: Comparator
    cuts: Mapping[int, Decimal]
    of: Reference | None = None
    unit: str | None = None
    given: str | None = None


@dataclass(frozen=True, slots=True)
class LabTerm:
    """A term that a laboratory value can be graded for."""

    id: str
    name: str
    ctcae: str
    analyte: str
    also: tuple[str, ...]
    ladders: tuple[Ladder, ...]

    @property
    def low(self) -> bool:
        """Whether low values are bad."""
        return self.ladders[0].comparator in {"lt", "le"}

    @property
    def grades(self) -> tuple[int, ...]:
        """Grades that a number can give, worst first."""
        return tuple(g for g in GRADES if any(g in ladder.cuts for ladder in self.ladders))


@dataclass(frozen=True, slots=True)
class GradeTable:
    """Terms by id, and what is assumed of circumstances that nobody stated."""

    terms: Mapping[str, LabTerm]
    assumptions: Mapping[str, bool]

    @classmethod
    def of(cls, pack: Pack, units: UnitSystem) -> "GradeTable":
        """Read and check the pack. Raises PackError with every contradiction found."""
        assumptions = {
            str(row["given"]): row["assume"] is True for row in pack.rows("circumstances")
        }
        terms = {str(row["id"]): _term(row, pack.rows("ladders")) for row in pack.rows("terms")}
        faults = [*_unknown_terms(pack, terms)]
        for term in terms.values():
            faults.extend(f"{term.id}: {words}" for words in _faults(term, assumptions, units))
        if faults:
            raise PackError(pack.id, faults)
        return cls(terms, assumptions)

    def find(self, name: str) -> LabTerm:
        """The term of an id, a name, or what people call it. Raises KeyError."""
        wanted = " ".join(name.split()).casefold()
        for term in self.terms.values():
            if wanted in {each.casefold() for each in (term.id, term.name, *term.also)}:
                return term
        raise KeyError(name)


def _term(row: Mapping[str, Cell], ladders: Sequence[Mapping[str, Cell]]) -> LabTerm:
    name, also = str(row["name"]), row.get("also", ())
    return LabTerm(
        str(row["id"]),
        name,
        str(row.get("ctcae", name)),
        str(row["analyte"]),
        tuple(str(each) for each in also) if isinstance(also, tuple) else (str(also),),
        tuple(_ladder(each) for each in ladders if each["term"] == row["id"]),
    )


def _ladder(row: Mapping[str, Cell]) -> Ladder:
    cuts = {g: Decimal(str(row[f"g{g}"])) for g in sorted(GRADES) if f"g{g}" in row}
    return Ladder(
        cast("Comparator", row["is"]),
        cuts,
        cast("Reference | None", row.get("of")),
        _optional(row, "unit"),
        _optional(row, "given"),
    )


def _optional(row: Mapping[str, Cell], column: str) -> str | None:
    return str(row[column]) if column in row else None


def _unknown_terms(pack: Pack, terms: Mapping[str, LabTerm]) -> Iterable[str]:
    if len(terms) != len(pack.rows("terms")):
        yield "a term is listed twice"
    for row in pack.rows("ladders"):
        if row["term"] not in terms:
            yield f"{row['term']}: has a ladder, but is no term"


def _faults(term: LabTerm, assumptions: Mapping[str, bool], units: UnitSystem) -> Iterable[str]:
    if term.analyte not in units.analytes:
        yield f"analyte {term.analyte} has no unit"
        return
    if not term.ladders:
        yield "has no ladder"
        return
    for ladder in term.ladders:
        yield from _ladder_faults(ladder, term, assumptions, units)


def _ladder_faults(
    ladder: Ladder, term: LabTerm, assumptions: Mapping[str, bool], units: UnitSystem
) -> Iterable[str]:
    if ladder.comparator not in get_args(Comparator):
        yield f"comparator {ladder.comparator} is none"
    elif (ladder.comparator in {"lt", "le"}) is not term.low:
        yield "one ladder leads up, another down"
    if ladder.of is not None and ladder.of not in get_args(Reference):
        yield f"cut-points of {ladder.of} have no meaning"
    if (ladder.unit is None) is (ladder.of in {None, "raised_limit"}):
        yield "absolute cut-points and increments have a unit, multiples have none"
    if ladder.unit is not None and not _fits(ladder.unit, term.analyte, units):
        yield f"unit {ladder.unit} does not belong to {term.analyte}"
    if ladder.given is not None and ladder.given not in assumptions:
        yield f"circumstance {ladder.given} is not listed"
    # Grades that overlap or leave a gap show as cut-points out of order.
    steps = list(pairwise(ladder.cuts[g] for g in sorted(ladder.cuts)))
    if not ladder.cuts or any((a <= b) if term.low else (a >= b) for a, b in steps):
        yield "cut-points are missing or out of order"


def _fits(unit: str, analyte: str, units: UnitSystem) -> bool:
    try:
        units.measure(analyte, "1", unit)
    except UnitFault:
        return False
    return True
