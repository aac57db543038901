"""Short ways to grade, for tests."""

from functools import cache

from services.assessments.domain.packs.ctcae.grading import LabFacts, LabGrader
from services.assessments.domain.packs.result import Result
from services.assessments.domain.packs.units import Quantity, UnitSystem
from shared.rules.loading import load_pack


@cache
def grader() -> LabGrader:
    return LabGrader(load_pack("ctcae403"), units())


@cache
def units() -> UnitSystem:
    return UnitSystem.of(load_pack("units"))


def graded(
    term: str,
    value: str,
    unit: str,
    *,
    lln: str | None = None,
    uln: str | None = None,
    baseline: str | None = None,
    **given: bool,
) -> Result:
    """The result for a value; limits and baseline in its unit, or as "70 umol/L"."""
    found = grader().table.find(term)

    def measured(text: str | None) -> Quantity | None:
        if text is None:
            return None
        number, _, its_unit = text.partition(" ")
        return units().measure(found.analyte, number, its_unit or unit)

    here = units().measure(found.analyte, value, unit)
    facts = LabFacts(here, measured(lln), measured(uln), measured(baseline), given)
    return grader().grade(found.id, facts)
