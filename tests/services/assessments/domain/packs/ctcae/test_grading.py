"""Laboratory grades by CTCAE v4.03 (NCI, 14 June 2010): cut-points as printed, NE with a reason."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessments.domain.packs.ctcae.grading import LabFacts, LabGrader
from services.assessments.domain.packs.result import InputRef, explain
from shared.rules.loading import PackError, load_pack, pack_from_text
from tests.services.assessments.domain.packs.ctcae.grading import graded, grader, units


@pytest.mark.parametrize(
    ("term", "value", "unit", "limits", "grade"),
    [
        ("ANC", "1.0", "10*9/L", {}, "2"),
        ("ANC", "0.5", "10*9/L", {}, "3"),
        ("ANC", "0.49", "10*9/L", {}, "4"),
        ("ANC", "490", "/mm3", {}, "4"),
        ("ANC", "1.5", "10*9/L", {"lln": "1.8"}, "1"),
        ("ANC", "1.8", "10*9/L", {"lln": "1.8"}, "0"),
        ("Anemia", "79", "g/L", {}, "3"),
        ("Anemia", "80", "g/L", {}, "2"),
        ("Anemia", "7.9", "g/dL", {}, "3"),
        ("ALT", "120", "U/L", {"uln": "40"}, "1"),
        ("ALT", "120.4", "U/L", {"uln": "40"}, "2"),
        ("bilirubin", "1.8", "mg/dL", {"uln": "1.2"}, "1"),
        ("bilirubin", "3.6", "mg/dL", {"uln": "1.2"}, "2"),
        ("bilirubin", "3.6", "mg/dL", {"uln": "20.5248 umol/L"}, "2"),
        ("bilirubin", "61.5744", "umol/L", {"uln": "1.2 mg/dL"}, "2"),
        ("platelets", "24", "K/uL", {}, "4"),
        ("platelets", "25", "K/uL", {}, "3"),
        ("Lymphocyte count increased", "4000", "/mm3", {}, "0"),
        ("Lymphocyte count increased", "4.01", "10*9/L", {}, "2"),
    ],
)
def test_golden_values_of_the_guide_and_cut_points_on_both_sides(
    term: str, value: str, unit: str, limits: dict[str, str], grade: str
) -> None:
    result = graded(term, value, unit, **limits)  # type: ignore[arg-type]
    assert (result.value, result.status, result.rule) == (grade, "final", f"grade_{grade}")


def test_a_value_is_compared_in_the_kind_of_unit_it_was_reported_in() -> None:
    """6.2 mmol/L is 99.91 g/L: printed pairs of cut-points are rounded and do not agree."""
    assert units().convert(Decimal("6.2"), "mmol/L", "g/L", "hemoglobin") == Decimal("99.9099")
    assert graded("Anemia", "6.2", "mmol/L", lln="7.5").value == "1"
    assert graded("Anemia", "99.9099", "g/L", lln="120").value == "2"
    assert graded("Anemia", "9.99099", "g/dL", lln="12").value == "2"


@pytest.mark.proves("S7", kind="negative")
@pytest.mark.parametrize(
    ("term", "value", "unit", "limits", "reason"),
    [
        ("ANC", "1.6", "10*9/L", {}, "range_missing"),
        ("Anemia", "120", "g/L", {}, "range_missing"),
        ("ALT", "20", "U/L", {}, "range_missing"),
        ("creatinine", "40", "umol/L", {}, "range_missing"),
        ("creatinine", "40", "umol/L", {"uln": "60"}, "baseline_missing"),
        ("fibrinogen", "2", "g/L", {"lln": "1.5"}, "baseline_missing"),
        ("fibrinogen", "2", "g/L", {"lln": "1.5", "baseline": "<3"}, "baseline_censored"),
        ("ANC", "<1.0", "10*9/L", {}, "value_censored"),
        ("ANC", "-0.1", "10*9/L", {"lln": "1.5"}, "value_negative"),
        ("ANC", "<0", "10*9/L", {"lln": "1.5"}, "value_negative"),
        ("ALT", "20", "U/L", {"uln": "0"}, "range_invalid"),
        ("ALT", "20", "U/L", {"uln": "<40"}, "range_invalid"),
        ("ALT", "20", "U/L", {"lln": "50", "uln": "40"}, "range_invalid"),
        ("creatinine", "40", "umol/L", {"uln": "60", "baseline": "0"}, "baseline_invalid"),
    ],
)
def test_what_the_facts_do_not_decide_is_ne_with_the_reason_and_never_grade_0(
    term: str, value: str, unit: str, limits: dict[str, str], reason: str
) -> None:
    result = graded(term, value, unit, **limits)  # type: ignore[arg-type]
    assert (result.value, result.status, result.reason) == (None, "ne", reason)


def test_a_worse_grade_needs_no_limit_of_normal() -> None:
    assert graded("ANC", "0.4", "10*9/L").status == "final"


def test_a_grade_that_a_missing_baseline_could_worsen_is_provisional() -> None:
    result = graded("creatinine", "100", "umol/L", uln="60")
    assert (result.value, result.status, result.notes) == (
        "2",
        "provisional",
        ("baseline_missing",),
    )
    # Grade 4 is a matter of the limit alone.
    assert graded("creatinine", "361", "umol/L", uln="60").status == "final"


def test_a_censored_value_is_graded_where_every_number_it_may_be_has_that_grade() -> None:
    assert graded("ANC", "<0.5", "10*9/L").value == "4"
    assert graded("ANC", "<=0.5", "10*9/L").status == "ne"
    assert graded("ALT", ">800", "U/L", uln="40").value == "4"
    assert graded("ALT", "<30", "U/L", uln="40").value == "0"


def test_a_censored_value_of_several_grades_tells_the_least_of_them() -> None:
    result = graded("ALT", ">200", "U/L", uln="40")
    assert (result.status, result.reason) == ("ne", "value_censored")
    assert result.notes == ("at_least_grade_3",)


def test_any_rise_of_creatinine_over_the_baseline_is_grade_1() -> None:
    assert graded("creatinine", "30.1", "umol/L", uln="60", baseline="30").value == "1"
    assert graded("creatinine", "30", "umol/L", uln="60", baseline="30").value == "0"


def test_any_fall_of_fibrinogen_below_the_baseline_is_grade_1() -> None:
    assert graded("fibrinogen", "2.99", "g/L", lln="1.5", baseline="3").value == "1"
    assert graded("fibrinogen", "3", "g/L", lln="1.5", baseline="3").value == "0"
    # A fall by exactly 25 % is grade 2.
    assert graded("fibrinogen", "2.25", "g/L", lln="1.5", baseline="3").value == "2"


@pytest.mark.parametrize(
    ("term", "value", "unit", "limits", "circumstance", "worse", "milder"),
    [
        ("Hypokalemia", "3.2", "mmol/L", {"lln": "3.5"}, "symptomatic", "2", "1"),
        ("Hyperuricemia", "450", "umol/L", {"uln": "400"}, "physiologic_consequences", "3", "1"),
        ("INR", "1.2", "1", {"uln": "1.3", "baseline": "1.1"}, "on_anticoagulation", "1", "0"),
    ],
)
def test_a_circumstance_that_nobody_stated_is_assumed_for_the_worse_and_flagged(
    term: str, value: str, unit: str, limits: dict[str, str], circumstance: str,
    worse: str, milder: str,
) -> None:  # fmt: skip
    silent = graded(term, value, unit, **limits)  # type: ignore[arg-type]
    assert (silent.value, silent.status) == (worse, "provisional")
    assert f"assumed_{circumstance}" in silent.notes
    stated = graded(term, value, unit, **limits, **{circumstance: True})  # type: ignore[arg-type]
    assert (stated.value, stated.status) == (worse, "final")
    assert f"assumed_{circumstance}" not in stated.notes
    denied = graded(term, value, unit, **limits, **{circumstance: False})  # type: ignore[arg-type]
    assert (denied.value, denied.status) == (milder, "final")


def test_an_assumption_that_changes_nothing_is_not_flagged() -> None:
    result = graded("INR", "1.6", "1", uln="1.3", baseline="1.3")
    assert (result.value, result.status, result.notes) == ("1", "final", ())


def test_hemoglobin_is_raised_over_the_baseline_where_that_is_above_the_limit() -> None:
    high = {"uln": "150", "baseline": "170"}
    assert graded("Hemoglobin increased", "171", "g/L", **high).value == "1"  # type: ignore[arg-type]
    assert graded("Hemoglobin increased", "190", "g/L", **high).value == "1"  # type: ignore[arg-type]
    assert graded("Hemoglobin increased", "190.1", "g/L", **high).value == "2"  # type: ignore[arg-type]
    mixed = graded("Hemoglobin increased", "190.1", "g/L", uln="15 g/dL", baseline="17 g/dL")
    assert mixed.value == "2"
    unknown = graded("Hemoglobin increased", "170.1", "g/L", uln="150")
    assert (unknown.value, unknown.status) == ("2", "provisional")
    assert unknown.notes == ("baseline_missing",)


def test_a_grade_inside_the_limits_of_normal_is_given_and_flagged() -> None:
    """The version has no clause for a laboratory whose normal reaches into a grade."""
    result = graded("ANC", "1.2", "10*9/L", lln="1.0")
    assert (result.value, result.notes) == ("2", ("within_normal_limits",))


def test_the_trace_goes_from_the_worst_grade_down_and_stops_where_one_holds() -> None:
    result = graded("ANC", "0.7", "10*9/L", lln="1.5")
    assert [(each.rule, each.holds) for each in result.tried] == [
        ("grade_4", False), ("grade_3", True),
    ]  # fmt: skip
    assert result.tried[0].inputs == ("0.7 < 0.5 10*9/L",)
    words = explain(result)
    assert "Decided by rule grade_3" in words
    assert "0.7 < 1.0 10*9/L" in words


def test_a_result_names_the_items_it_rests_on_and_its_pack() -> None:
    ref = InputRef("lab-7", 2, "anc")
    value = units().measure("neutrophils", "0.7", "10*9/L")
    result = grader().grade("neutrophils_decreased", LabFacts(value, refs=(ref,)))
    assert result.inputs == (ref,)
    assert (result.pack.id, result.pack.sha256) == ("ctcae403", load_pack("ctcae403").sha256)


def test_the_value_of_another_analyte_is_refused() -> None:
    value = units().measure("platelets", "20", "10*9/L")
    with pytest.raises(ValueError, match="graded by neutrophils"):
        grader().grade("neutrophils_decreased", LabFacts(value))


@given(
    value=st.decimals("0.001", "20", places=3),
    lln=st.decimals("0.5", "5", places=1),
    step=st.decimals("0", "5", places=3),
)
def test_a_lower_count_never_has_a_milder_grade(
    value: Decimal, lln: Decimal, step: Decimal
) -> None:
    low = graded("ANC", f"{value:f}", "10*9/L", lln=f"{lln:f}").value
    high = graded("ANC", f"{value + step:f}", "10*9/L", lln=f"{lln:f}").value
    assert str(low) >= str(high)


def test_a_term_has_the_same_grades_in_every_unit_it_is_printed_in() -> None:
    for term in grader().table.terms.values():
        ladders = [ladder for ladder in term.ladders if ladder.of is None]
        shapes = {(ladder.comparator, tuple(ladder.cuts)) for ladder in ladders}
        assert len(shapes) <= 1, term.name


@pytest.mark.parametrize(
    ("term", "value", "unit", "limits", "grade"),
    [
        ("Anemia", "4.9", "mmol/L", {}, "2"),
        ("Anemia", "4.89", "mmol/L", {}, "3"),
        ("Cholesterol high", "300", "mg/dL", {"uln": "200"}, "1"),
        ("Cholesterol high", "300.1", "mg/dL", {"uln": "200"}, "2"),
        ("Hypercalcemia", "12.5", "mg/dL", {}, "2"),
        ("Hypercalcemia", "12.51", "mg/dL", {}, "3"),
        ("Hyperglycemia (Fasting)", "250", "mg/dL", {}, "2"),
        ("Hyperglycemia", "500", "mg/dL", {}, "3"),
        ("Hypermagnesemia", "3.0", "mg/dL", {"uln": "2.5"}, "1"),
        ("Hypertriglyceridemia", "150", "mg/dL", {}, "0"),
        ("Hypertriglyceridemia", "151", "mg/dL", {}, "1"),
        ("Hyperuricemia", "10", "mg/dL", {"uln": "7"}, "3"),
        ("Hyperuricemia", "10.1", "mg/dL", {"uln": "7"}, "4"),
        ("Hypocalcemia", "7.0", "mg/dL", {}, "2"),
        ("Hypoglycemia", "40", "mg/dL", {}, "2"),
        ("Hypomagnesemia", "0.7", "mg/dL", {}, "3"),
        ("Hypophosphatemia", "1.0", "mg/dL", {}, "3"),
        ("fibrinogen", "50", "mg/dL", {"lln": "60", "baseline": "60"}, "1"),
        ("fibrinogen", "49", "mg/dL", {"lln": "60", "baseline": "60"}, "4"),
    ],
)
def test_cut_points_in_the_other_printed_unit_are_exclusive_too(
    term: str, value: str, unit: str, limits: dict[str, str], grade: str
) -> None:
    assert graded(term, value, unit, **limits).value == grade  # type: ignore[arg-type]


@given(value=st.decimals("0.001", "20", places=3))
def test_the_grade_is_the_same_in_every_unit_of_a_kind(value: Decimal) -> None:
    here = graded("ANC", f"{value:f}", "10*9/L", lln="1.5").value
    assert graded("ANC", f"{value * 1000:f}", "/mm3", lln="1.5 10*9/L").value == here
    assert graded("ANC", f"{value:f}", "K/uL", lln="1500 /uL").value == here


LADDER = '{ term = "anemia", is = "lt", unit = "g/L", g2 = "100", g3 = "80" }'
FAULTS = {
    "out of order": '{ term = "anemia", is = "lt", unit = "g/L", g2 = "80", g3 = "80" }',
    "leads up": '{ term = "anemia", is = "gt", unit = "g/L", g2 = "80", g3 = "100" }',
    "does not belong": '{ term = "anemia", is = "lt", unit = "U/L", g2 = "100", g3 = "80" }',
    "have a unit": '{ term = "anemia", is = "lt", g2 = "100", g3 = "80" }',
    "has no meaning|have no meaning": '{ term = "anemia", is = "lt", of = "normal", g1 = "1" }',
    "not listed": '{ term = "anemia", is = "lt", of = "lln", given = "asleep", g1 = "1" }',
    "is no term": '{ term = "anaemia", is = "lt", of = "lln", g1 = "1" }',
    "is none": '{ term = "anemia", is = "under", of = "lln", g1 = "1" }',
}


@pytest.mark.parametrize("words", FAULTS)
def test_a_table_whose_grades_overlap_or_make_no_sense_is_refused(words: str) -> None:
    from importlib import resources

    text = resources.files("shared.rules").joinpath("ctcae403.toml").read_text("utf-8")
    assert LADDER in text
    # Behind the others, so that the first ladder of the term stays what it is.
    broken = text.rpartition("]")[0] + f"  {FAULTS[words]},\n]\n"
    with pytest.raises(PackError, match=words):
        LabGrader(pack_from_text(broken), units())
