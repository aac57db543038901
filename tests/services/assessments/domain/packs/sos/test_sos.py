"""Criteria of SOS: Corbacioglu 2018 (EBMT paediatric), McDonald 1993 (modified Seattle)."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessments.domain.packs.result import explain
from services.assessments.domain.packs.sos.alert import ebmt_alert, seattle_alert
from services.assessments.domain.packs.sos.severity import ebmt_severity
from shared.rules.loading import changed_pack
from tests.services.assessments.domain.packs.sos.days import (
    HSCT,
    SOS,
    Seen,
    baseline,
    facts,
    on,
    seen,
)

BASE = baseline(weight="20.0", bilirubin="10", hepatomegaly=False, ascites="NONE")
LIVER = seen(5, hepatomegaly=True)


def _ebmt(*observations: Seen) -> str:
    return str(ebmt_alert(facts(*observations), SOS).value)


# Each of the other criteria beside hepatomegaly: two are needed (EBMT paediatric).
SECOND: list[tuple[str, tuple[Seen, ...], str]] = [
    ("hepatomegaly alone is one criterion", (), "NOT_MET"),
    ("ascites over baseline", (seen(6, ascites="MINIMAL"),), on(6)),
    ("no ascites", (seen(6, ascites="NONE"),), "NOT_MET"),
    ("one platelet transfusion a day", (seen(6, platelet_transfusions=1),), on(6)),
    ("no platelet transfusion", (seen(6, platelet_transfusions=0),), "NOT_MET"),
    ("refractory as the site says", (seen(6, refractory=True),), on(6)),
    ("transfused, not refractory as the site says",
     (seen(6, refractory=False, platelet_transfusions=2),), "NOT_MET"),
    ("weight of exactly 5 % over baseline", (seen(6, weight="21.0"),), "NOT_MET"),
    ("weight one digit more than 5 % over baseline", (seen(6, weight="21.001"),), on(6)),
    ("weight gain on three consecutive days despite diuretics",
     (seen(6, weight="20.0", diuretics=True), seen(7, weight="20.1", diuretics=True),
      seen(8, weight="20.2", diuretics=True), seen(9, weight="20.3", diuretics=True)), on(9)),
    ("weight gain on two consecutive days",
     (seen(6, weight="20.0", diuretics=True), seen(7, weight="20.1", diuretics=True),
      seen(8, weight="20.2", diuretics=True)), "NOT_MET"),
    ("weight gain on three consecutive days without diuretics",
     (seen(6, weight="20.0", diuretics=False), seen(7, weight="20.1", diuretics=False),
      seen(8, weight="20.2", diuretics=False), seen(9, weight="20.3", diuretics=False)), "NOT_MET"),
    ("weight gain with a day between that nobody weighed",
     (seen(6, weight="20.0", diuretics=True), seen(7, weight="20.1", diuretics=True),
      seen(9, weight="20.3", diuretics=True), seen(10, weight="20.4", diuretics=True)), "NOT_MET"),
    ("bilirubin rising on three consecutive days, however low",
     (seen(6, bilirubin="10"), seen(7, bilirubin="11"), seen(8, bilirubin="12"),
      seen(9, bilirubin="13")), on(9)),
    ("bilirubin that stays the same on one of them",
     (seen(6, bilirubin="10"), seen(7, bilirubin="11"), seen(8, bilirubin="11"),
      seen(9, bilirubin="13")), "NOT_MET"),
    ("bilirubin of 34 umol/L, below it 72 hours before",
     (seen(6, bilirubin="20"), seen(9, bilirubin="34")), on(9)),
    ("bilirubin one digit below 34 umol/L",
     (seen(6, bilirubin="20"), seen(9, bilirubin="33.999")), "NOT_MET"),
    ("bilirubin of 2 mg/dL, reported so",
     (seen(6, bilirubin="20"), seen(9, bilirubin="34.208", bilirubin_unit="mg/dL")), on(9)),
    ("bilirubin of 1.99 mg/dL, which is more than 34 umol/L",
     (seen(6, bilirubin="20"), seen(9, bilirubin="34.036", bilirubin_unit="mg/dL")), "NOT_MET"),
    ("bilirubin that crossed the limit three days before hepatomegaly",
     (seen(2, bilirubin="50"),), on(5)),
    ("bilirubin last measured long before (assumed)", (seen(20, bilirubin="60"),), on(20)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("observations", "expected"), [pytest.param(*case[1:], id=case[0]) for case in SECOND]
)
def test_two_ebmt_criteria_make_an_alert(observations: tuple[Seen, ...], expected: str) -> None:
    assert _ebmt(BASE, LIVER, *observations) == expected


def test_high_bilirubin_known_from_the_first_measurement_is_no_rise() -> None:
    jaundiced = baseline(bilirubin="60", hepatomegaly=False)
    found = ebmt_alert(facts(jaundiced, LIVER, seen(6, bilirubin="61")), SOS)
    assert found.value == "NOT_MET"


def test_of_several_numbers_of_a_day_the_highest_counts() -> None:
    assert _ebmt(BASE, LIVER, seen(6, weight="22"), seen(6, weight="20")) == on(6)
    assert _ebmt(BASE, LIVER, seen(6, weight="20"), seen(6, weight="22")) == on(6)


def test_the_onset_has_no_limit_in_time() -> None:
    assert _ebmt(BASE, seen(200, hepatomegaly=True, ascites="MODERATE")) == on(200)


@pytest.mark.parametrize(("apart", "met"), [(20, True), (21, False)])
def test_criteria_count_together_within_21_days(apart: int, met: bool) -> None:
    found = _ebmt(BASE, LIVER, seen(5 + apart, ascites="MINIMAL"))
    assert (found == on(5 + apart)) is met


def test_the_days_within_which_criteria_count_together_are_data() -> None:
    wide = changed_pack("sos", {"ebmt_concurrent_days": 30})
    observed = facts(BASE, LIVER, seen(30, ascites="MINIMAL"))
    assert ebmt_alert(observed, SOS).value == "NOT_MET"
    assert str(ebmt_alert(observed, wide).value) == on(30)


def test_signs_that_another_cause_explains_do_not_count() -> None:
    observed = seen(6, hepatomegaly=True, ascites="MODERATE", other_cause=True)
    found = ebmt_alert(facts(BASE, observed), SOS)
    assert found.value == "NOT_MET"
    assert "other_causes" in {verdict.rule for verdict in found.tried}
    assert _ebmt(BASE, seen(6, hepatomegaly=True, ascites="MODERATE", other_cause=False)) == on(6)


def test_hepatomegaly_that_was_there_before_decides_nothing() -> None:
    before = baseline(hepatomegaly=True, ascites="NONE")
    found = ebmt_alert(facts(before, seen(6, hepatomegaly=True, ascites="MODERATE")), SOS)
    assert (found.value, "cannot_exclude" in found.notes) == ("NOT_MET", True)


def test_ascites_no_more_than_at_baseline_does_not_count() -> None:
    before = baseline(hepatomegaly=False, ascites="MODERATE")
    assert _ebmt(before, seen(6, hepatomegaly=True, ascites="MODERATE")) == "NOT_MET"
    assert _ebmt(before, seen(6, hepatomegaly=True, ascites="PARACENTESIS")) == on(6)


def test_signs_of_unknown_baseline_count_as_new_and_are_flagged() -> None:
    observed = facts(seen(6, hepatomegaly=True, ascites="MODERATE"))
    found = ebmt_alert(observed, SOS)
    assert (str(found.value), "baseline_missing" in found.notes) == (on(6), True)
    strict = changed_pack("sos", {"unknown_baseline_counts": False})
    assert ebmt_alert(observed, strict).value == "NOT_MET"


def test_an_observation_of_an_unknown_day_is_queried_and_excludes_nothing() -> None:
    found = ebmt_alert(facts(BASE, seen("2024-03", ascites="MODERATE")), SOS)
    assert {"query_partial_date", "cannot_exclude"} <= set(found.notes)


def test_without_observations_there_is_no_answer() -> None:
    assert ebmt_alert(facts(), SOS).reason == "no_observations"


def test_a_censored_number_decides_only_what_it_decides() -> None:
    base, liver = BASE, LIVER
    assert _ebmt(base, liver, seen(6, weight=">25")) == on(6)
    unclear = ebmt_alert(facts(base, liver, seen(6, weight=">20")), SOS)
    assert (unclear.value, "cannot_exclude" in unclear.notes) == ("NOT_MET", True)


def test_the_alert_tells_which_criteria_with_the_numbers() -> None:
    found = ebmt_alert(facts(BASE, LIVER, seen(6, weight="21.5")), SOS)
    words = explain(found)
    assert "weight 21.5" in words
    assert "o01: weight 20.0" in words
    assert {ref.record for ref in found.inputs} >= {"o01", "o02", "o03"}
    assert (found.status, found.rule) == ("final", "ebmt_paediatric")


@given(
    st.decimals("3", "90", places=3),
    st.decimals("-0.02", "0.02", places=4),
)
def test_the_weight_limit_is_exact_at_every_digit(base: Decimal, beside: Decimal) -> None:
    now = base * Decimal("1.05") + beside
    course = facts(
        baseline(weight=f"{base:f}", hepatomegaly=False), LIVER, seen(6, weight=f"{now}")
    )
    assert (ebmt_alert(course, SOS).value != "NOT_MET") is (now > base * Decimal("1.05"))


# Modified Seattle --------------------------------------------------------------------------------

SEATTLE: list[tuple[str, tuple[Seen, ...], str]] = [
    ("bilirubin above 34 umol/L and pain", (seen(9, bilirubin="34.1"),
     seen(10, right_upper_quadrant_pain=True)), on(10)),
    ("bilirubin of exactly 2 mg/dL, reported so, and pain",
     (seen(9, bilirubin="34.208", bilirubin_unit="mg/dL",
      right_upper_quadrant_pain=True),), "NOT_MET"),
    ("bilirubin of exactly 34 umol/L and pain", (seen(9, bilirubin="34"),
     seen(10, right_upper_quadrant_pain=True)), "NOT_MET"),
    ("hepatomegaly and pain are one criterion",
     (seen(9, hepatomegaly=True, right_upper_quadrant_pain=True),), "NOT_MET"),
    ("hepatomegaly and weight one digit over 2 %", (seen(9, hepatomegaly=True, weight="20.41"),),
     on(9)),
    ("hepatomegaly and weight of exactly 2 % over", (seen(9, hepatomegaly=True, weight="20.40"),),
     "NOT_MET"),
    ("the twentieth day is the last", (seen(9, hepatomegaly=True), seen(20, bilirubin="50")),
     on(20)),
    ("the day after it does not count", (seen(9, hepatomegaly=True), seen(21, bilirubin="50")),
     "NOT_MET"),
    ("signs before HSCT do not count", (seen(-1, hepatomegaly=True), seen(5, bilirubin="50")),
     "NOT_MET"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("observations", "expected"), [pytest.param(*case[1:], id=case[0]) for case in SEATTLE]
)
def test_two_modified_seattle_criteria_within_20_days_of_hsct_make_an_alert(
    observations: tuple[Seen, ...], expected: str
) -> None:
    found = seattle_alert(facts(BASE, *observations, hsct=HSCT.isoformat()), SOS)
    assert str(found.value) == expected


def test_without_hsct_the_seattle_criteria_say_nothing() -> None:
    assert seattle_alert(facts(BASE, LIVER), SOS).reason == "no_hsct"
    assert seattle_alert(facts(BASE, LIVER, hsct="2024-03"), SOS).reason == "partial_date"
    far = seattle_alert(facts(BASE, LIVER, hsct="2025-03-01"), SOS)
    assert far.reason == "no_observations"


# Severity ----------------------------------------------------------------------------------------

ALERT = seen(5, hepatomegaly=True, ascites="MINIMAL")
SEVERITY: list[tuple[str, tuple[Seen, ...], str]] = [
    ("minimal ascites", (), "MILD"),
    ("transaminases of exactly twice normal", (seen(6, alt="2"),), "MILD"),
    ("transaminases above twice normal", (seen(6, alt="2.01"),), "MODERATE"),
    ("transaminases of exactly five times normal", (seen(6, ast="5"),), "MODERATE"),
    ("transaminases above five times normal", (seen(6, gldh="5.01"),), "SEVERE"),
    ("three liver enzymes are one criterion",
     (seen(6, alt="9", ast="9", gldh="9"),), "SEVERE"),
    ("bilirubin below 34", (seen(6, bilirubin="33.9"),), "MILD"),
    ("bilirubin of 34", (seen(6, bilirubin="34"),), "SEVERE"),
    ("bilirubin of 1.99 mg/dL", (seen(6, bilirubin="34.036", bilirubin_unit="mg/dL"),), "MILD"),
    ("bilirubin of 2 mg/dL", (seen(6, bilirubin="34.208", bilirubin_unit="mg/dL"),), "SEVERE"),
    ("two starred criteria at severe", (seen(6, alt="6", bilirubin="34"),), "VERY_SEVERE"),
    ("one starred and one other at severe", (seen(6, alt="6", gfr="20"),), "SEVERE"),
    ("refractory for two days", tuple(seen(6 + n, refractory=True) for n in range(2)), "MILD"),
    ("refractory for three days", tuple(seen(6 + n, refractory=True) for n in range(3)),
     "MODERATE"),
    ("refractory for seven days", tuple(seen(6 + n, refractory=True) for n in range(7)),
     "MODERATE"),
    ("refractory for eight days", tuple(seen(6 + n, refractory=True) for n in range(8)), "SEVERE"),
    ("moderate ascites", (seen(6, ascites="MODERATE"),), "MODERATE"),
    ("paracentesis", (seen(6, ascites="PARACENTESIS"),), "SEVERE"),
    ("impaired coagulation", (seen(6, coagulation="IMPAIRED"),), "SEVERE"),
    ("coagulation factors replaced", (seen(6, coagulation="FACTORS_REPLACED"),), "VERY_SEVERE"),
    ("GFR of 60", (seen(6, gfr="60"),), "MILD"),
    ("GFR of 59", (seen(6, gfr="59"),), "MODERATE"),
    ("GFR of 30", (seen(6, gfr="30"),), "MODERATE"),
    ("GFR of 29", (seen(6, gfr="29"),), "SEVERE"),
    ("GFR of 15", (seen(6, gfr="15"),), "SEVERE"),
    ("GFR of 14", (seen(6, gfr="14"),), "VERY_SEVERE"),
    ("oxygen of 1.9 L/min", (seen(6, oxygen="1.9"),), "MILD"),
    ("oxygen of 2.1 L/min", (seen(6, oxygen="2.1"),), "MODERATE"),
    ("ventilation", (seen(6, ventilation=True),), "SEVERE"),
    ("new cognitive impairment", (seen(6, new_cognitive_impairment=True),), "VERY_SEVERE"),
    ("signs of another cause do not grade", (seen(6, gfr="14", other_cause=True),), "MILD"),
    ("a number from before the signs does not grade", (seen(-2, gfr="14"),), "MILD"),
    ("the worst stays", (seen(6, gfr="14"), seen(9, gfr="80")), "VERY_SEVERE"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("observations", "expected"), [pytest.param(*case[1:], id=case[0]) for case in SEVERITY]
)
def test_the_worst_category_since_the_signs_began_is_the_severity(
    observations: tuple[Seen, ...], expected: str
) -> None:
    found = ebmt_severity(facts(BASE, ALERT, *observations), SOS)
    assert (found.value, found.status) == (expected, "provisional")


@pytest.mark.parametrize(("later", "told"), [("24", True), ("23.9", False)])
def test_bilirubin_that_doubles_within_48_hours_predicts_a_severe_course(
    later: str, told: bool
) -> None:
    course = facts(BASE, ALERT, seen(6, bilirubin="12"), seen(8, bilirubin=later))
    assert ("predicts_severe_course" in ebmt_severity(course, SOS).notes) is told
    slow = facts(BASE, ALERT, seen(6, bilirubin="12"), seen(9, bilirubin="30"))
    assert "predicts_severe_course" not in ebmt_severity(slow, SOS).notes


def test_there_is_no_severity_without_an_alert() -> None:
    assert ebmt_severity(facts(BASE, LIVER), SOS).reason == "no_alert"


def test_the_first_alert_day_is_a_date_of_the_course() -> None:
    found = ebmt_alert(facts(BASE, ALERT), SOS).value
    assert isinstance(found, date)
