"""Day 1 and end of treatment: the rules, their golden values, and dates known in part."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessments.domain.packs.calendar import date_of_day, day_number
from services.assessments.domain.packs.eot import day_one, end_of_treatment
from services.assessments.domain.packs.recovery import recovery_window
from services.assessments.domain.packs.result import Result
from shared.rules.loading import load_pack
from shared.study.dates import PartialDate
from tests.services.assessments.domain.packs.disease_cases import DAY1, subject

PACK = load_pack("eot")


def eot(
    recovery: str | None = None,
    therapies: tuple[str, ...] = (),
    as_of: date | None = None,
    **forms: list[dict[str, Any]],
) -> Result:
    forms.setdefault("end_of_treatment", [{"recovery_date": recovery}] if recovery else [])
    forms.setdefault("new_anticancer_therapy", [{"start_date": start} for start in therapies])
    return end_of_treatment(subject(**forms), PACK, as_of)


# Golden values: Day 1 on 29 January 2024 (guide, section 5; days 26-30 and the rule: the record).


def test_recovery_is_due_from_day_26_to_day_30() -> None:
    days = recovery_window(date(2024, 1, 29), PACK)
    assert days == (date(2024, 2, 23), date(2024, 2, 25), date(2024, 2, 27))


@pytest.mark.proves("ASM-2", kind="positive")
@pytest.mark.parametrize(
    ("recovery", "therapies", "expected", "rule"),
    [
        ("2024-02-26", ("2024-02-27",), date(2024, 2, 26), "recovery"),
        ("2024-02-26", ("2024-02-20",), date(2024, 2, 19), "day_before_new_therapy"),
        ("2024-02-26", ("2024-02-26",), date(2024, 2, 25), "day_before_new_therapy"),
        ("2024-02-26", (), date(2024, 2, 26), "recovery"),
        (None, ("2024-03-01",), date(2024, 2, 29), "day_before_new_therapy"),
        ("2024-02-26", ("2024-03-05", "2024-02-24"), date(2024, 2, 23), "day_before_new_therapy"),
        ("2024-02-26", ("2024-03",), date(2024, 2, 26), "recovery"),
        ("2024-03", ("2024-02-20",), date(2024, 2, 19), "day_before_new_therapy"),
    ],
)
def test_end_of_treatment_is_recovery_or_the_day_before_new_therapy_whichever_is_first(
    recovery: str | None, therapies: tuple[str, ...], expected: date, rule: str
) -> None:
    found = eot(recovery, therapies)
    assert (found.value, found.status, found.rule) == (expected, "final", rule)


def test_the_trace_shows_both_dates() -> None:
    tried = {verdict.rule: verdict for verdict in eot("2024-02-26", ("2024-02-20",)).tried}
    shown = ("recovery 2024-02-26", "day before new therapy 2024-02-19")
    assert (tried["recovery"].holds, tried["recovery"].inputs) == (False, shown)
    assert tried["day_before_new_therapy"].holds is True


@pytest.mark.parametrize(
    ("recovery", "therapies"),
    [
        ("2024-02-26", ("2024-02",)),
        ("2024-02", ()),
        (None, ("2024",)),
        ("2024-02", ("2024-02-20",)),
    ],
)
def test_a_partial_date_that_could_change_the_end_of_treatment_leaves_it_open_with_a_query(
    recovery: str | None, therapies: tuple[str, ...]
) -> None:
    found = eot(recovery, therapies)
    assert (found.value, found.status, found.reason) == (None, "ne", "partial_date")
    assert "query_partial_date" in found.notes


@pytest.mark.parametrize(
    ("as_of", "reason", "queried"),
    [
        (date(2024, 2, 27), "not_yet_due", False),
        (date(2024, 2, 28), "eot_missing", True),
        (None, "eot_missing", False),
    ],
)
def test_neither_date_is_pending_and_a_query_once_day_30_has_passed(
    as_of: date | None, reason: str, queried: bool
) -> None:
    found = eot(as_of=as_of)
    assert (found.status, found.reason) == ("pending", reason)
    assert ("query_eot_missing" in found.notes) is queried


@pytest.mark.parametrize("death", [{"death_date": "2024-02-10"}, {}])
def test_death_before_recovery_and_new_therapy_leaves_no_end_of_treatment(
    death: dict[str, str],
) -> None:
    contact = {"contact_date": "2024-02-12", "status": "DEAD", **death}
    found = eot(survival_status=[contact])
    assert (found.status, found.reason) == ("ne", "died_before_eot")


@pytest.mark.proves("ASM-2", kind="negative")
def test_a_recovery_after_death_is_no_end_of_treatment_and_a_query() -> None:
    contact = {"contact_date": "2024-02-12", "status": "DEAD", "death_date": "2024-02-10"}
    found = eot("2024-02-26", survival_status=[contact])
    assert found.reason == "died_before_eot"
    assert "query_date_after_death" in found.notes


@pytest.mark.parametrize(
    ("recovery", "flagged"),
    [("2024-02-22", True), ("2024-02-23", False), ("2024-02-27", False), ("2024-02-28", True)],
)
def test_recovery_outside_days_26_to_30_is_kept_and_is_a_deviation(
    recovery: str, flagged: bool
) -> None:
    found = eot(recovery)
    assert found.value == date.fromisoformat(recovery)
    assert ("deviation_recovery_outside_window" in found.notes) is flagged


@pytest.mark.parametrize(
    ("neutrophils", "note"),
    [("0.5", None), ("0.49", "query_recovery_not_supported_by_counts")],
)
def test_recovery_is_checked_against_counts_and_kept(neutrophils: str, note: str | None) -> None:
    count = {"sample_date": "2024-02-26", "neutrophils": neutrophils, "platelets": "50"}
    found = eot("2024-02-26", blood_count=[count])
    assert found.value == date(2024, 2, 26)
    assert [each for each in found.notes if "counts" in each] == ([note] if note else [])


@pytest.mark.parametrize(
    ("day", "near"),
    [("2024-02-22", False), ("2024-02-23", True), ("2024-02-29", True), ("2024-03-01", False)],
)
def test_counts_within_3_days_of_recovery_are_near_enough(day: str, near: bool) -> None:
    count = {"sample_date": day, "neutrophils": "0.4", "platelets": "50"}
    found = eot("2024-02-26", blood_count=[count])
    assert ("query_recovery_not_supported_by_counts" in found.notes) is near
    assert ("recovery_counts_missing" in found.notes) is not near


@pytest.mark.parametrize(("start", "flagged"), [("2024-02-18", True), ("2024-02-19", False)])
def test_consolidation_sooner_than_7_days_after_the_last_dose_is_a_deviation(
    start: str, flagged: bool
) -> None:
    found = eot(
        dosing=[{"dose_date": day, "given": True} for day in (DAY1, "2024-02-12")],
        new_anticancer_therapy=[{"start_date": start, "therapy_class": "CONSOLIDATION"}],
    )
    assert ("deviation_consolidation_gap" in found.notes) is flagged


def test_therapy_before_randomization_is_not_new() -> None:
    assert eot("2024-02-26", ("2024-01-28",)).value == date(2024, 2, 26)


def test_day_1_is_the_first_dose_given() -> None:
    doses = [
        {"dose_date": "2024-01-30", "given": False},
        {"dose_date": "2024-02-06", "given": True},
        {"dose_date": "2024-01-31", "given": True},
    ]
    found = day_one(subject(dosing=doses), PACK)
    assert (found.value, found.rule, found.notes) == (date(2024, 1, 31), "first_dose", ())


def test_day_1_of_a_child_never_dosed_is_randomization_and_every_result_says_so() -> None:
    found = day_one(subject(dosing=[{"dose_date": "2024-01-30", "given": False}]), PACK)
    assert (found.value, found.rule) == (date(2024, 1, 29), "randomization")
    assert "never_dosed" in found.notes
    assert "never_dosed" in eot("2024-02-26", dosing=[]).notes
    assert "never_dosed" not in eot("2024-02-26").notes


def test_without_randomization_day_1_is_pending() -> None:
    found = day_one(subject(randomization=[], dosing=[]), PACK)
    assert (found.status, found.reason) == ("pending", "not_randomized")


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(-400, 400).filter(bool))
def test_study_days_have_no_day_0_and_lead_back_to_their_dates(day1: date, number: int) -> None:
    assert day_number(day1, date_of_day(day1, number)) == number
    assert day_number(day1, day1) == 1
    assert day_number(day1, day1 - timedelta(days=1)) == -1


@given(st.data())
def test_a_verdict_over_partial_dates_holds_for_every_completion(data: st.DataObject) -> None:
    days = st.dates(date(2024, 2, 10), date(2024, 4, 10))
    texts = days.flatmap(lambda day: st.sampled_from([day.isoformat(), day.isoformat()[:7]]))
    recovery = data.draw(st.none() | texts)
    therapies = tuple(data.draw(st.lists(texts, max_size=2)))
    whole = eot(recovery, therapies)

    def completed(text: str) -> str:
        span = PartialDate.parse(text)
        return data.draw(st.dates(span.earliest, span.latest)).isoformat()

    one = eot(completed(recovery) if recovery else None, tuple(map(completed, therapies)))
    if whole.status == "final":
        assert (one.value, one.status) == (whole.value, "final")
    elif whole.status == "pending":
        assert one.status == "pending"
