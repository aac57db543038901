"""What a report or a record says, and what is malformed in it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.safety.domain.case import (
    Event,
    Report,
    SpecialInterest,
    is_significant,
    minimum_criteria,
)
from services.safety.domain.intake import examine
from services.safety.domain.records import of_record
from tests.services.safety.domain.story import local, shipped

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
GOOD = Report(
    serious=True,
    seriousness=("hospitalisation",),
    aware_at=local("2026-06-01T09:00"),
    received_at=local("2026-06-01T09:00"),
    received_zone="Europe/Paris",
    event_term="Febrile neutropenia",
    grade=4,
    reporter="Dr Reporter",
    suspect_product="INO",
)
SOS = SpecialInterest("SOS_VOD", "ebmt_paediatric", "2018")


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
        ({"received_zone": "localtime"}, "/received_zone", "zone-unknown"),
        ({"received_zone": "Factory"}, "/received_zone", "zone-unknown"),
        ({"received_zone": "../etc/passwd"}, "/received_zone", "zone-unknown"),
        ({"suspect_product": "ASPIRIN"}, "/suspect_product", "product-unknown"),
        ({"further_products": ("DEX", "ASPIRIN")}, "/further_products/1", "product-unknown"),
        ({"further_products": ("INO",)}, "/further_products/0", "product-repeated"),
        ({"ended_on": date(2026, 6, 3)}, "/ended_on", "in-the-future"),
        (
            {"onset_on": date(2026, 5, 3), "ended_on": date(2026, 5, 2)},
            "/ended_on",
            "before-onset",
        ),
        ({"serious": False, "seriousness": ()}, "/seriousness", "too-short"),
        # Febrile neutropenia has the grades 3, 4 and 5 only.
        ({"grade": 2}, "/grade", "grade-impossible"),
        (
            {"further_events": (Event("2", term="Leukocytosis", grade=1),)},
            "/further_events/0/grade",
            "grade-impossible",
        ),
        (
            {"further_events": (Event("2", seriousness=("bad_luck",)),)},
            "/further_events/0/seriousness/0",
            "criterion-unknown",
        ),
        (
            {"special_interest": replace(SOS, code="OTHER")},
            "/special_interest/code",
            "special-interest-unknown",
        ),
        (
            {"special_interest": replace(SOS, criteria_set="own")},
            "/special_interest/criteria_set",
            "criteria-set-unknown",
        ),
        (
            {"special_interest": replace(SOS, inputs={"weight": "heavy"})},
            "/special_interest/inputs/weight",
            "input-malformed",
        ),
        (
            {"special_interest": replace(SOS, inputs={"weight": "-1"})},
            "/special_interest/inputs/weight",
            "input-malformed",
        ),
        (
            {"special_interest": replace(SOS, inputs={"ascites": "yes"})},
            "/special_interest/inputs/ascites",
            "input-malformed",
        ),
        (
            {"special_interest": replace(SOS, inputs={"height": "1"})},
            "/special_interest/inputs/height",
            "input-unknown",
        ),
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
        ({"further_products": ("DEX",)}, True),
        ({"further_events": (Event("2", seriousness=("death",)),)}, True),
    ],
)
def test_a_version_is_significant_where_seriousness_grade_or_term_changed(
    change: dict, significant: bool
) -> None:
    assert is_significant(GOOD, replace(GOOD, **change)) is significant


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


def test_an_event_of_special_interest_needs_no_criterion_of_seriousness() -> None:
    told = replace(SOS, inputs={"weight": "31.5", "ascites": "true", "imaging": "Reversed flow"})
    quiet = replace(GOOD, serious=False, seriousness=(), special_interest=told)
    assert examine(shipped(), quiet, NOW) == []


def test_a_grade_of_words_that_are_no_term_is_taken_as_it_is() -> None:
    assert examine(shipped(), replace(GOOD, event_term="Fever and chills", grade=1), NOW) == []


def test_the_products_that_a_record_calls_related_are_the_suspect_ones() -> None:
    found = record(
        {"serious": "true", "relation_dex": "RELATED", "relation_vcr": "RELATED",
         "relation_mitox": "NOT_RELATED"}
    )  # fmt: skip
    assert found.products == ("DEX", "VCR")
    assert "suspect_product" in minimum_criteria(found).held
