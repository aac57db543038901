"""Visit windows: Day 28 with 2 days either way is the record's; the others are assumed."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessments.domain.packs.facts import facts_from_json
from services.assessments.domain.packs.result import Result
from services.assessments.domain.packs.spans import Span
from services.assessments.domain.packs.windows import days_out, visit_window, window_results
from shared.rules.loading import load_pack
from tests.support.definitions import shipped

WINDOWS = load_pack("windows")
ROWS = {str(row["id"]): row for row in WINDOWS.rows("visits")}
DAY1 = date(2024, 1, 29)
DEFINITION = shipped("NCT05748171")


def derived(as_of: date | None = None, **forms: list[dict[str, Any]]) -> dict[str, Result]:
    raw: dict[str, Any] = {"subject": "S01-001", **forms}
    raw.setdefault("randomization", [{"record": "a", "randomization_date": DAY1.isoformat()}])
    raw.setdefault("dosing", [{"record": "d", "dose_date": DAY1.isoformat(), "given": True}])
    found = window_results(facts_from_json(raw), {"windows": WINDOWS}, as_of)
    return {each.derivation.removeprefix("window:"): each for each in found}


def visited(visit: str, when: str, as_of: date | None = None) -> Result:
    record = {"record": "v", "visit": visit, "visit_date": when}
    return derived(as_of, visit=[record])[visit]


def test_day_28_of_a_first_dose_on_29_january_2024_is_25_february_from_23_to_27() -> None:
    # Golden value of the trial's calendar: days 26, 28 and 30.
    found = visit_window(ROWS["C1D28"], DAY1)
    assert [found.earliest, found.target, found.latest] == [
        date(2024, 2, 23),
        date(2024, 2, 25),
        date(2024, 2, 27),
    ]


def test_there_is_no_day_0_so_the_day_before_day_1_is_day_minus_1() -> None:
    found = visit_window(ROWS["SCR"], DAY1)
    assert (found.target, found.latest) == (date(2024, 1, 28), DAY1)


@pytest.mark.parametrize(
    ("when", "out"),
    [
        ("2024-02-22", -1),
        ("2024-02-23", 0),
        ("2024-02-25", 0),
        ("2024-02-27", 0),
        ("2024-02-28", 1),
        ("2024-03-05", 7),
    ],
)
def test_a_visit_outside_its_window_is_a_deviation_and_never_refused(when: str, out: int) -> None:
    found = visited("C1D28", when)
    assert (found.value, found.status) == (Decimal(out), "final")
    assert ("deviation_visit_outside_window" in found.notes) is (out != 0)
    assert dict(found.details)["days_out"] == out


@pytest.mark.parametrize(
    ("visit", "when", "value", "notes"),
    [
        ("FU06", "2024-07", Decimal(0), set()),
        ("C1D28", "2024-02", None, {"query_partial_date"}),
        ("C1D28", "2024-03", None, {"query_partial_date", "deviation_visit_outside_window"}),
    ],
)
def test_a_month_is_within_or_out_of_a_window_only_where_every_day_of_it_is(
    visit: str, when: str, value: Decimal | None, notes: set[str]
) -> None:
    found = visited(visit, when)
    assert (found.value, set(found.notes)) == (value, notes)


def test_without_a_visit_record_the_visits_dated_records_speak_and_the_farthest_counts() -> None:
    found = derived(
        response=[
            {"record": "r", "visit": "C1D28", "assessment_date": "2024-02-26", "response": "CR"}
        ],
        marrow=[{"record": "m", "visit": "C1D28", "sample_date": "2024-02-29"}],
    )["C1D28"]
    assert found.value == Decimal(2)
    assert {ref.record for ref in found.inputs} >= {"r", "m"}
    assert "one_date" in {verdict.rule for verdict in found.tried if verdict.holds is False}


def test_a_dose_that_was_not_given_is_no_sign_of_a_visit() -> None:
    doses = [
        {"record": "d", "dose_date": DAY1.isoformat(), "given": True},
        {"record": "e", "visit": "C1D8", "dose_date": "2024-02-05", "given": False},
    ]
    assert derived(dosing=doses)["C1D8"].reason == "not_done"


@pytest.mark.parametrize(
    ("as_of", "reason", "overdue"),
    [(date(2024, 2, 27), "not_yet_due", False), (date(2024, 2, 28), "not_done", True),
     (None, "not_done", False)],
)  # fmt: skip
def test_a_visit_is_overdue_when_its_window_has_closed(
    as_of: date | None, reason: str, overdue: bool
) -> None:
    found = derived(as_of)["C1D28"]
    assert (found.status, found.reason) == ("pending", reason)
    assert ("visit_overdue" in found.notes) is overdue


def test_the_dead_miss_no_visit() -> None:
    dead = [{"record": "s", "contact_date": "2024-03-01", "status": "DEAD",
             "death_date": "2024-03-01"}]  # fmt: skip
    found = derived(date(2030, 1, 1), survival_status=dead)
    assert (found["FU06"].status, found["FU06"].reason) == ("ne", "died_before_visit")
    assert found["C1D28"].reason == "not_done"


def test_the_never_dosed_are_counted_from_randomization_and_flagged() -> None:
    record = {"record": "v", "visit": "C1D28", "visit_date": "2024-02-25"}
    found = derived(dosing=[], visit=[record])["C1D28"]
    assert (found.value, found.notes) == (Decimal(0), ("never_dosed",))


def test_nobody_who_is_not_randomized_has_a_window() -> None:
    found = derived(randomization=[], dosing=[])
    assert {each.reason for each in found.values()} == {"not_randomized"}


def test_every_window_is_that_of_the_study_definition() -> None:
    assert set(ROWS) == {visit.id for visit in DEFINITION.visits}
    for visit in DEFINITION.visits:
        row = ROWS[visit.id]
        assert row["anchor"] == visit.anchor
        assert visit_window(row, DAY1) == visit.window(DAY1)


def test_only_rows_of_the_record_say_that_they_are_the_records() -> None:
    for visit in DEFINITION.visits:
        assert (ROWS[visit.id]["basis"] == "record") is (visit.source.kind == "record"), visit.id


@given(
    st.sampled_from(sorted(ROWS)),
    st.dates(date(2024, 1, 1), date(2024, 3, 1)),
    st.integers(0, 40),
    st.integers(-60, 2000),
    st.integers(0, 40),
    st.data(),
)
def test_the_bounds_of_days_out_are_reached_and_never_left(
    visit: str, anchor: date, wide: int, away: int, open_: int, data: st.DataObject
) -> None:
    row = ROWS[visit]
    anchors = Span(anchor, anchor + timedelta(days=wide))
    seen = Span(anchor + timedelta(days=away), anchor + timedelta(days=away + open_))
    least, most = days_out(row, anchors, seen)
    start = data.draw(st.dates(anchors.earliest, anchors.latest))
    day = data.draw(st.dates(seen.earliest, seen.latest))
    assert least <= visit_window(row, start).days_out(day) <= most
    assert visit_window(row, anchors.latest).days_out(seen.earliest) == least
