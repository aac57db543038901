"""What a report or a record says, and what is malformed in it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.safety.domain.case import facts, is_significant, minimum_criteria
from services.safety.domain.intake import examine, of_record
from tests.services.safety.domain.cases import complete, shipped

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
GOOD = complete("2026-06-01T09:00")


def record(items: dict[str, str | None]):
    safety = shipped().safety
    assert safety is not None
    return of_record(shipped(), safety, items, site="S01", at=NOW)


def test_a_report_with_nothing_but_what_the_clocks_need_has_no_fault() -> None:
    bare = replace(GOOD, event_term=None, grade=None, reporter=None, suspect_product=None)
    assert examine(shipped(), bare, NOW) == []


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"aware_at": NOW + timedelta(seconds=1)}, "/aware_at", "in-the-future"),
        ({"received_at": NOW + timedelta(seconds=1)}, "/received_at", "in-the-future"),
        ({"onset_on": date(2026, 6, 3)}, "/onset_on", "in-the-future"),
        ({"seriousness": ("hospitalisation", "bad_luck")}, "/seriousness/1", "criterion-unknown"),
        ({"seriousness": ("death", "death")}, "/seriousness/1", "criterion-repeated"),
        ({"received_zone": "Mars/Olympus"}, "/received_zone", "zone-unknown"),
        ({"received_zone": "../etc/passwd"}, "/received_zone", "zone-unknown"),
        ({"suspect_product": "ASPIRIN"}, "/suspect_product", "product-unknown"),
    ],
)
def test_what_is_malformed_is_pointed_at(change: dict, pointer: str, code: str) -> None:
    (fault,) = examine(shipped(), replace(GOOD, **change), NOW)
    assert (fault.pointer, fault.code) == (pointer, code)


def test_an_onset_that_is_today_somewhere_on_earth_is_not_in_the_future() -> None:
    # At noon UTC it is 02:00 of the next day on Kiritimati.
    assert examine(shipped(), replace(GOOD, onset_on=date(2026, 6, 2)), NOW) == []


def test_the_four_minimum_criteria_are_told_apart() -> None:
    nothing = replace(GOOD, event_term=None, reporter=None, suspect_product=None)
    assert minimum_criteria(nothing).missing == (
        "identifiable_reporter",
        "event",
        "suspect_product",
    )
    assert minimum_criteria(nothing).held == ("identifiable_patient",)
    assert minimum_criteria(replace(nothing, narrative="Fever")).missing == (
        "identifiable_reporter",
        "suspect_product",
    )
    assert minimum_criteria(GOOD).missing == ()


@pytest.mark.parametrize(
    ("change", "significant"),
    [
        ({"grade": 5}, True),
        ({"event_term": "Sepsis"}, True),
        ({"seriousness": ("death",)}, True),
        ({"serious": False}, True),
        ({"narrative": "More words"}, False),
        ({"onset_on": date(2026, 5, 30)}, False),
    ],
)
def test_a_version_is_significant_where_seriousness_grade_or_term_changed(
    change: dict, significant: bool
) -> None:
    assert is_significant(GOOD, replace(GOOD, **change)) is significant


def test_criteria_that_are_not_named_are_not_held_once_one_is() -> None:
    safety = shipped().safety
    assert safety is not None
    known = facts(safety, GOOD)
    assert (known["serious"], known["hospitalisation"], known["death"]) == (True, True, False)
    assert facts(safety, replace(GOOD, seriousness=()))["death"] is None
    assert "suspected" not in known


def test_a_record_becomes_a_report_by_the_names_of_the_definition() -> None:
    found = record(
        {
            "term": "Sepsis", "grade": "4", "start_date": "2026-05-30", "serious": "true",
            "hospitalisation": "true", "death": "false", "life_threatening": None,
        }
    )  # fmt: skip
    assert (found.event_term, found.grade, found.onset_on) == ("Sepsis", 4, date(2026, 5, 30))
    assert (found.serious, found.seriousness) == (True, ("hospitalisation",))
    assert (found.aware_at, found.received_at, found.received_zone) == (NOW, NOW, "Europe/Paris")
    assert minimum_criteria(found).missing == ("suspect_product",)


def test_a_criterion_makes_a_record_serious_even_where_serious_is_not_ticked() -> None:
    assert record({"serious": "false", "death": "true"}).serious
    assert not record({"serious": "false"}).serious


def test_a_value_that_cannot_be_read_is_unknown_and_holds_up_nothing() -> None:
    found = record({"serious": "true", "grade": "four", "start_date": "2026-05"})
    assert (found.serious, found.grade, found.onset_on) == (True, None, None)
