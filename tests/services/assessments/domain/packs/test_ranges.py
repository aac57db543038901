"""Limits of normal: found by analyte, laboratory, sex, age and day; overlaps and gaps refused."""

from datetime import date
from decimal import Decimal

import pytest

from services.assessments.domain.packs.ranges import ReferenceRanges, Sex
from services.assessments.domain.packs.units import UnitSystem
from shared.rules.loading import PackError, load_pack, pack_from_text

UNITS = UnitSystem.of(load_pack("units"))
COLUMNS = '"analyte", "laboratory", "sex", "unit"'
OPTIONAL = '"age_from", "age_to", "from", "to", "low", "high"'
HEMOGLOBIN = (
    'sex = "any", age_to = "12", low = "11.5", high = "15.5"',
    'sex = "F", age_from = "12", low = "12.0", high = "16.0"',
    'sex = "M", age_from = "12", to = "2024-06-01", low = "13.0", high = "16.0"',
    'sex = "M", age_from = "12", from = "2024-06-01", low = "12.5", high = "17.0"',
)


def read(*rows: str) -> ReferenceRanges:
    where = 'analyte = "hemoglobin", laboratory = "L1", unit = "g/dL"'
    body = "".join(f"  {{ {where}, {row} }},\n" for row in rows)
    text = (
        'id = "l1"\nversion = "1.0.0"\ntitle = "Ranges of L1"\n[tables.ranges]\n'
        f"columns = [{COLUMNS}, {OPTIONAL}]\noptional = [{OPTIONAL}]\n"
        f'source = {{ kind = "assumed" }}\nrows = [\n{body}]\n'
    )
    return ReferenceRanges(pack_from_text(text), UNITS)


@pytest.mark.parametrize(
    ("sex", "age", "day", "low"),
    [
        ("F", "11.99", "2024-01-01", "11.5"),
        ("F", "12", "2024-01-01", "12.0"),
        ("M", "12", "2024-05-31", "13.0"),
        ("M", "12", "2024-06-01", "12.5"),
        ("M", "3", "2030-01-01", "11.5"),
    ],
)
def test_the_range_in_force_is_the_one_of_sex_age_and_day(
    sex: Sex, age: str, day: str, low: str
) -> None:
    ranges = read(*HEMOGLOBIN)
    found = ranges.find("hemoglobin", "L1", sex, Decimal(age), date.fromisoformat(day))
    assert found is not None
    assert found.low is not None
    assert (found.low.text, found.low.unit_text) == (low, "g/dL")
    assert found.low.canonical.exact == Decimal(low) * 10


def test_a_laboratory_without_a_range_has_none() -> None:
    day = date(2024, 1, 1)
    assert read(*HEMOGLOBIN).find("hemoglobin", "L2", "F", Decimal(5), day) is None
    assert read(*HEMOGLOBIN).find("alt", "L1", "F", Decimal(5), day) is None


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (['sex = "any", age_to = "12.1", low = "1"', 'sex = "any", age_from = "12", low = "1"'],
         "overlap at age 12"),
        (['sex = "any", age_to = "11.9", low = "1"', 'sex = "any", age_from = "12", low = "1"'],
         "gap at age 11.9"),
        (['sex = "any", low = "1"', 'sex = "F", low = "1"'], "sex F: overlap at age 0"),
        (['sex = "any", to = "2024-01-01", low = "1"',
          'sex = "any", from = "2024-01-02", low = "1"'],
         "gap from 2024-01-01"),
        (['sex = "any", to = "2024-01-02", low = "1"',
          'sex = "any", from = "2024-01-01", low = "1"'],
         "overlap at age 0 from 2024-01-01"),
        (['sex = "F", low = "1"'], "no range for sex M"),
        (['sex = "any"'], "has no limit"),
        (['sex = "any", low = "<1"'], "no plain number"),
        (['sex = "any", low = "2", high = "2"'], "low is not below high"),
        (['sex = "any", age_from = "12", age_to = "12", low = "1"'], "ends before it begins"),
        (['sex = "X", low = "1"'], "sex is F, M or any"),
        (['sex = "any", from = "2024", low = "1"'], "row 1: Invalid isoformat"),
    ],
)  # fmt: skip
def test_ranges_that_overlap_leave_a_gap_or_are_malformed_are_refused(
    rows: list[str], words: str
) -> None:
    with pytest.raises(PackError, match=words):
        read(*rows)
