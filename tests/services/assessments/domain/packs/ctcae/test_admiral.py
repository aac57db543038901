"""Oracle: the 42 laboratory terms of admiral's CTCAE v4.03 table, run by an independent grader."""

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.services.assessments.domain.packs.ctcae import admiral, reference
from tests.services.assessments.domain.packs.ctcae.grading import graded, grader
from tests.support.examples import examples

ROWS = reference.admiral()
UNITS = {"g/L": "g/L", "10^9/L": "10*9/L", "mmol/L": "mmol/L", "UMOL/L": "umol/L"}
UNITS["MMOL/L"] = "mmol/L"
# Where admiral states no unit, any of the analyte does: all it compares with is relative.
FREE = {"APTT": "s", "INR": "{INR}", "Acidosis": "[pH]", "Alkalosis": "[pH]", "Haptoglobin": "g/L"}
FREE |= {"Activated": "s", "bilirubin": "umol/L", "Creatinine": "umol/L"}

if not ROWS:
    pytestmark = pytest.mark.skip(f"reference data absent: {reference.ADMIRAL}")

positive = st.decimals("0.01", "400", places=2)


def unit_of(term: str) -> str:
    stated = ROWS[term].get("UNIT_CHECK")
    if stated is not None:
        return UNITS[stated]
    return next((unit for word, unit in FREE.items() if word in term), "U/L")


def asked(term: str, values: dict[str, Decimal | None]) -> str | None:
    """What admiral answers. It works out PCHG before grading, as 100 (AVAL - BASE) / BASE."""
    exact = {name: None if v is None else Fraction(v) for name, v in values.items()}
    value, base = exact["AVAL"], exact["BASE"]
    exact["PCHG"] = None if value is None or base is None else 100 * (value - base) / base
    return admiral.grade(ROWS[term], exact)


def ours(term: str, values: dict[str, Decimal | None]) -> str | None:
    text = {name: None if v is None else format(v, "f") for name, v in values.items()}
    result = graded(
        term,
        str(text["AVAL"]),
        unit_of(term),
        lln=text["ANRLO"],
        uln=text["ANRHI"],
        baseline=text["BASE"],
    )
    assert (result.value is None) is (result.status == "ne")
    return None if result.value is None else str(result.value)


def boundaries(term: str, values: dict[str, Decimal | None]) -> set[Decimal]:
    """Every number where a condition of the term may turn, from admiral's code alone."""
    known = [v for name in ("ANRLO", "ANRHI", "BASE") if (v := values[name]) is not None]
    numbers = [Decimal(number) for number in admiral.numbers(ROWS[term])]
    found = [*known, *numbers]
    for number in numbers:
        for each in known:
            found.extend((number * each, number + each, each * (100 + number) / 100))
    return {each for each in found if each > 0}


def one_digit_around(number: Decimal) -> list[Decimal]:
    digit = Decimal(1).scaleb(int(number.as_tuple().exponent))
    steps = (Decimal(0), *(sign * digit / part for sign in (1, -1) for part in (1, 1000)))
    return [number + step for step in steps if number + step >= 0]


@st.composite
def limits_and_baseline(draw: st.DrawFn, term: str) -> dict[str, Decimal | None]:
    """Limits of normal on both sides of the term's cut-points, so that every grade is reached."""
    cuts = [abs(Decimal(number)) for number in admiral.numbers(ROWS[term])]
    near = st.builds(
        lambda cut, share: (cut * share).quantize(Decimal("0.001")),
        st.sampled_from([cut for cut in cuts if cut] or [Decimal(50)]),
        st.decimals("0.2", "1.8", places=2),
    )
    limit = st.none() | near.filter(bool) | near.filter(bool) | positive
    low, high = draw(limit), draw(limit)
    if low is not None and high is not None and low > high:
        low, high = high, low
    return {"ANRLO": low, "ANRHI": high, "BASE": draw(limit)}


def test_the_table_has_every_term_of_the_oracle_and_no_other() -> None:
    assert {term.name for term in grader().table.terms.values()} == set(ROWS)
    assert len(ROWS) == 42


@pytest.mark.proves("S7", kind="oracle")
@pytest.mark.parametrize("term", sorted(ROWS))
@examples(0.6)
@given(data=st.data(), value=positive)
def test_a_random_value_gets_the_grade_of_the_oracle(
    term: str, data: st.DataObject, value: Decimal
) -> None:
    values = data.draw(limits_and_baseline(term)) | {"AVAL": value}
    assert ours(term, values) == asked(term, values), values


@pytest.mark.proves("S7", kind="oracle")
@pytest.mark.parametrize("term", sorted(ROWS))
@examples(0.16)
@given(data=st.data())
def test_at_every_boundary_and_one_digit_to_each_side_the_grade_is_the_oracles(
    term: str, data: st.DataObject
) -> None:
    compare_at_boundaries(term, data.draw(limits_and_baseline(term)))


@pytest.mark.parametrize("term", sorted(ROWS))
def test_with_limits_outside_all_cut_points_every_grade_is_the_oracles(term: str) -> None:
    cuts = [abs(Decimal(number)) for number in admiral.numbers(ROWS[term])] or [Decimal(50)]
    low = ROWS[term]["DIRECTION"] == "L"
    limit = max(cuts) * Decimal("1.5") if low else min(cuts) * Decimal("0.75")
    for share in ("0.9", "1", "1.1"):
        base = limit * Decimal(share)
        facts = {"ANRLO": limit if low else None, "ANRHI": None if low else limit, "BASE": base}
        compare_at_boundaries(term, facts)


def compare_at_boundaries(term: str, facts: dict[str, Decimal | None]) -> None:
    for boundary in boundaries(term, facts):
        for value in one_digit_around(boundary):
            values = facts | {"AVAL": value}
            assert ours(term, values) == asked(term, values), values


NUMBER = re.compile(r"\d+(?:\.\d+)?")
PRINTED = {"10*9/L": "10e9", "g/dL": "gm/dL", "[pH]": "pH"}


@pytest.mark.parametrize("term", sorted(ROWS))
def test_every_absolute_cut_point_is_printed_in_its_unit_for_its_grade(term: str) -> None:
    """Covers what admiral does not run: cut-points in mg/dL and in Hb mmol/L."""
    row = reference.standard()[grader().table.find(term).ctcae]
    for ladder in grader().table.find(term).ladders:
        for grade, cut in ladder.cuts.items():
            if ladder.unit is None:
                continue
            text = row[f"grade_{grade}"].replace(",", "")
            mark = PRINTED.get(ladder.unit, ladder.unit)
            parts = [each for each in re.split(r";| or ", text) if mark in each]
            ionized = [each for each in parts if "Ionized" in each]
            if ionized:
                wanted = "(Ionized)" in term
                parts = [each for each in parts if ("Ionized" in each) is wanted]
            firsts = [Decimal(NUMBER.findall(each.replace("10e9", ""))[0]) for each in parts]
            assert cut in firsts, (ladder.unit, grade, text)
