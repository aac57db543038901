"""Units of measurement: UCUM codes and listed spellings, exact conversion, originals kept."""

from decimal import Decimal
from fractions import Fraction
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessments.domain.packs.units import UnitFault, UnitSystem
from shared.rules.loading import PackError, load_pack, pack_from_text
from tests.support.examples import examples

UNITS = UnitSystem.of(load_pack("units"))
KINDS: dict[str, list[str]] = {}
for code in UNITS.codes:
    KINDS.setdefault(UNITS.find(code).kind, []).append(code)
PAIRS = [(a, b) for codes in KINDS.values() for a in codes for b in codes]
BRIDGES = [
    (str(row["analyte"]), str(row["from"]), str(row["to"]))
    for row in load_pack("units").rows("bridges")
]
numbers = st.decimals("0", "99999999", places=6)


@pytest.mark.parametrize(
    ("value", "unit", "to", "analyte", "expected"),
    [
        ("1", "10*3/uL", "10*9/L", None, "1"),
        ("1500", "/uL", "10*9/L", None, "1.5"),
        ("1500", "/mm3", "10*9/L", None, "1.5"),
        ("1500", "10*6/L", "10*9/L", None, "1.5"),
        ("7.9", "g/dL", "g/L", None, "79"),
        ("10", "mmol/L", "g/L", "hemoglobin", "161.145"),
        ("2", "mg/dL", "umol/L", "bilirubin", "34.208"),
        ("1", "mg/dL", "umol/L", "creatinine", "88.402"),
        ("1", "mg/dL", "umol/L", "urate", "59.48"),
        ("100", "mg/dL", "mmol/L", "glucose", "5.5507"),
        ("1", "ukat/L", "U/L", None, "60"),
        ("100", "nkat/L", "U/L", None, "6"),
        ("1", "ug/L", "ng/mL", None, "1"),
        ("1", "ug/mL", "ng/mL", None, "1000"),
        ("1", "mg/L", "ng/mL", None, "1000"),
        ("0.07", "%", "1", None, "0.0007"),
        ("0.0001", "1", "%", None, "0.01"),
        ("3500", "g", "kg", None, "3.5"),
        ("1.2", "m", "cm", None, "120"),
        ("98.6", "[degF]", "Cel", None, "37"),
        ("32", "[degF]", "Cel", None, "0"),
    ],
)
def test_values_of_the_unit_table_convert_exactly(
    value: str, unit: str, to: str, analyte: str | None, expected: str
) -> None:
    assert UNITS.convert(Decimal(value), unit, to, analyte) == Decimal(expected)


def test_hemoglobin_of_10_g_per_dl_is_6_21_mmol_per_l() -> None:
    found = UNITS.convert(Decimal(10), "g/dL", "mmol/L", "hemoglobin")
    assert round(found, 2) == Decimal("6.21")


def same(one: Decimal, other: Decimal) -> bool:
    """Equal but for what a quotient without end loses at its fortieth digit."""
    gap = abs(Fraction(one) - Fraction(other))
    return gap <= Fraction(1, 10**36) * (abs(Fraction(other)) + 1)


@examples(10)
@given(pair=st.sampled_from(PAIRS), value=numbers)
def test_every_unit_round_trips_within_its_kind(pair: tuple[str, str], value: Decimal) -> None:
    unit, to = pair
    assert same(UNITS.convert(UNITS.convert(value, unit, to), to, unit), value)


@given(bridge=st.sampled_from(BRIDGES), value=numbers)
def test_every_unit_round_trips_by_the_factor_of_its_analyte(
    bridge: tuple[str, str, str], value: Decimal
) -> None:
    analyte, unit, to = bridge
    there = UNITS.convert(value, unit, to, analyte)
    assert same(UNITS.convert(there, to, unit, analyte), value)


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("x10E9/L", "10*9/L"),
        ("K/uL", "10*3/uL"),
        ("G/l", "10*9/L"),
        ("g/l", "g/L"),
        (" g/dl ", "g/dL"),
        ("µmol/L", "umol/L"),
        ("μmol/L", "umol/L"),
        ("IU/L", "U/L"),
        ("°C", "Cel"),
    ],
)
def test_a_listed_spelling_is_its_unit_and_case_matters(spelling: str, code: str) -> None:
    assert UNITS.find(spelling).code == code


@pytest.mark.parametrize("text", ["", "MMOL/L", "g/L/L", "k/ul", "10*9", "10^12/L", "C", "F"])
def test_an_unknown_unit_is_refused_not_guessed(text: str) -> None:
    with pytest.raises(UnitFault) as refused:
        UNITS.find(text)
    assert (refused.value.code, refused.value.unit) == ("unit_unknown", text)


@pytest.mark.parametrize(
    ("unit", "to", "analyte"),
    [
        ("mL/min", "mL/min/{1.73_m2}", "creatinine_clearance"),
        ("mL/min/{1.73_m2}", "mL/min", "egfr"),
        ("mg/dL", "umol/L", None),
        ("mg/dL", "mmol/L", "albumin"),
        ("g/L", "U/L", "alt"),
        ("mg", "mg/m2", None),
        ("1", "{INR}", None),
    ],
)
def test_units_of_two_kinds_do_not_convert_without_a_listed_factor(
    unit: str, to: str, analyte: str | None
) -> None:
    with pytest.raises(UnitFault) as refused:
        UNITS.convert(Decimal(1), unit, to, analyte)
    assert refused.value.code == "unit_incompatible"


def test_a_quantity_keeps_what_was_reported_beside_the_canonical_value() -> None:
    found = UNITS.measure("bilirubin", "2.0", "mg/dl")
    assert (found.text, found.unit_text, found.unit) == ("2.0", "mg/dl", "mg/dL")
    assert (found.canonical.exact, found.canonical_unit) == (Decimal("34.208"), "umol/L")


def test_a_censored_number_stays_censored_in_every_unit() -> None:
    found = UNITS.measure("neutrophils", "<500", "/mm3")
    assert (found.canonical.relation, found.canonical.limit) == ("<", Decimal("0.5"))
    assert found.canonical.exact is None
    assert str(found.canonical) == "<0.5"


def test_a_ratio_without_a_unit_is_an_inr_only_where_the_analyte_says_so() -> None:
    assert UNITS.measure("inr", "1.3", "1").unit == "{INR}"
    with pytest.raises(UnitFault):
        UNITS.measure("alt", "1.3", "1")


@pytest.mark.parametrize("text", ["", "NaN", "1e3", "1,5", "Infinity", "++", "٣"])
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a number is decimal text"):
        UNITS.measure("alt", text, "U/L")


TEXT = resources.files("shared.rules").joinpath("units.toml").read_text("utf-8")
GRAM = '{ code = "g/L", kind = "mass_concentration", factor = "1" },'


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (GRAM, GRAM + GRAM, "unit g/L is listed twice"),
        (GRAM, GRAM.replace('"1"', '"2"'), "mass_concentration has no unit of factor 1"),
        (GRAM, GRAM.replace('"1"', '"0"'), "unit g/L has no positive factor"),
        ('"mg%"', '"g/l"', "spelling g/l has two meanings"),
        ('canonical = "Cel"', 'canonical = "K"', "unit K is not listed"),
        ('factor = "59.48"', 'factor = "-1"', "bridge of urate has no positive factor"),
        ('from = "mg/dL", to = "umol/L", factor = "59.48"',
         'from = "mg/dL", to = "g/L", factor = "59.48"', "bridge of urate leads nowhere"),
        ('analyte = "calcium_ionized", from', 'analyte = "calcium_corrected", from',
         "bridge of calcium_corrected is listed twice"),
        ('analyte = "ast"', 'analyte = "alt"', "analyte alt is listed twice"),
    ],
)  # fmt: skip
def test_tables_that_contradict_themselves_are_refused(old: str, new: str, words: str) -> None:
    assert old in TEXT
    with pytest.raises(PackError, match=words):
        UnitSystem.of(pack_from_text(TEXT.replace(old, new, 1)))
