"""Cohorts that allow little: each is a valid run, with what cannot be estimated said so."""

from datetime import date, timedelta

import pytest

from tests.services.analytics.replay import STARTED, status
from tests.services.analytics.trial import Trial

pytestmark = pytest.mark.usefixtures("drawn_quickly")
CUTOFF = date(2026, 6, 30)
DAY0 = date(2024, 1, 29)


def test_before_anybody_is_randomized_every_row_says_that_there_is_nothing(empty: Trial) -> None:
    empty.publish()
    for output_class in ("open", "closed"):
        rows = empty.rows(output_class)
        assert {row["status"] for row in rows} == {"OK", "NE"}
        assert all(row["value"] == 0 for row in rows if row["status"] == "OK")
        assert all(row["reason"] for row in rows if row["status"] == "NE")
    assert empty.one("open", "median")["reason"] == "no subjects in this group"
    assert empty.one("closed", "logrank_chi_square")["status"] == "NE"
    assert empty.api.get("/figures/REMDUR.svg", role="sponsor").status_code == 200


def test_an_arm_without_children_is_not_estimable_beside_one_that_is(empty: Trial) -> None:
    empty.site()
    for number in range(3):
        subject = empty.child(f"S01-{number}", "6-MP", STARTED)
        status(empty, subject, STARTED + timedelta(weeks=1 + number), relapsed=True)
    empty.publish()
    assert empty.one("closed", "median", group="6-MP")["value"] == 2.0
    other = empty.one("closed", "median", group="control")
    assert (other["status"], other["value"], other["n"]) == ("NE", None, 0)
    assert empty.one("closed", "logrank_chi_square")["status"] == "NE"


def test_where_nobody_has_an_event_no_median_is_reached(empty: Trial) -> None:
    empty.site()
    for number in range(4):
        subject = empty.child(f"S01-{number}", ("6-MP", "control")[number % 2], STARTED)
        status(empty, subject, STARTED + timedelta(weeks=30), relapsed=False)
    empty.publish()
    row = empty.one("open", "median")
    assert (row["status"], row["reason"]) == ("NE", "median not reached")
    assert empty.one("closed", "logrank_chi_square")["reason"] == "no events"
    assert empty.one("open", "survival", timepoint=20.0)["value"] == 1.0


def test_the_shipped_trial_is_published_before_its_first_child(nct: Trial) -> None:
    nct.publish(CUTOFF)
    endpoints = {row["endpoint"] for row in nct.rows("open")}
    assert endpoints == {
        "FLOW",
        "BASELINE",
        "MRDNEG",
        "EFS",
        "EFSEOT",
        "EFSHSCT",
        "DOR",
        "HSCT",
        "OS",
        "OSHSCT",
        "CART",
        "AE",
        "AESEV",
    }
    row = nct.one("open", "percent", endpoint="MRDNEG", population="ITT")
    assert (row["status"], row["reason"]) == ("NE", "no subjects in this group")


@pytest.fixture
def one_child(nct: Trial) -> Trial:
    """A child that responded, was MRD negative, was transplanted, and died in its second year."""
    subject = nct.child("S01-001", "INO", DAY0)
    for form, item, day, visit, more in (
        ("dosing", "dose_date", 0, "C1D1", {"product": "INO", "given": "true"}),
        ("end_of_treatment", "recovery_date", 28, "C1D28", {}),
        ("response", "assessment_date", 27, "C1D28", {"response": "CR"}),
        ("mrd", "sample_date", 27, "C1D28", {
            "sample_id": "A", "method": "RQPCR", "assay_valid": "true", "kind": "NEG",
            "sensitivity": "0.00001"}),
        ("hsct", "transplant_date", 99, "UNSCHEDULED", {}),
        ("adverse_event", "start_date", 5, "UNSCHEDULED", {
            "term": "Sepsis", "grade": "4", "serious": "true"}),
    ):  # fmt: skip
        on = DAY0 + timedelta(days=day)
        nct.record(subject, form, {item: on.isoformat()} | more, on, visit=visit)
    died = DAY0 + timedelta(days=399)
    items = {"contact_date": died.isoformat(), "status": "DEAD", "death_date": died.isoformat()}
    nct.record(subject, "survival_status", items, died, visit="FU12")
    nct.child("S01-002", "ALLR3", DAY0)
    return nct


def test_adverse_events_are_published_pooled_and_by_the_arm_received(one_child: Trial) -> None:
    one_child.publish(CUTOFF)
    serious = {
        row["group"]: (row["value"], row["n"])
        for output_class in ("open", "closed")
        for row in one_child.rows(output_class, statistic="subjects")
        if (row["endpoint"], row["category"]) == ("AE", "serious")
    }
    # The other child was never treated.
    assert serious == {"pooled": (1, 1), "INO": (1, 1), "ALLR3": (0, 0)}


@pytest.mark.proves("P1", kind="positive")
@pytest.mark.proves("S1", kind="positive")
@pytest.mark.proves("S2", kind="positive")
def test_every_endpoint_of_a_childs_course_is_derived_from_its_records(one_child: Trial) -> None:
    one_child.publish(CUTOFF)
    percents = {
        (row["endpoint"], row["population"]): (row["value"], row["events"], row["n"])
        for row in one_child.rows("closed", statistic="percent")
        if row["group"] == "INO" and row["category"] is None
    }
    assert percents == {
        ("MRDNEG", "ITT"): (100.0, 1, 1),
        ("MRDNEG", "RESP"): (100.0, 1, 1),
        ("MRDNEG", "MRDEVAL"): (100.0, 1, 1),
        ("HSCT", "ITT"): (100.0, 1, 1),
        ("HSCT", "RESP"): (100.0, 1, 1),
        ("CART", "ITT"): (0.0, 0, 1),
        ("CART", "RESP"): (0.0, 0, 1),
    }
    days = {
        row["endpoint"]: row["value"]
        for row in one_child.rows("closed", statistic="median")
        if row["group"] == "INO" and row["category"] is None
    }
    assert days == {
        "EFS": 400.0, "EFSEOT": 400.0, "EFSHSCT": None, "DOR": 373.0, "OS": 400.0, "OSHSCT": None,
    }  # fmt: skip


def test_who_was_never_treated_is_flagged_on_every_row_it_is_in(one_child: Trial) -> None:
    one_child.publish(CUTOFF)
    flagged = "time counted from Randomization, for want of First dose of study treatment"
    rows = one_child.rows("closed", endpoint="OS")
    assert {tuple(row["warnings"]) for row in rows if row["group"] == "ALLR3"
            and row["statistic"] == "median"} == {(f"1 of 1: {flagged}",)}  # fmt: skip
    assert all(row["warnings"] == [] for row in rows
               if row["group"] == "INO" and row["statistic"] == "median")  # fmt: skip
    pooled = one_child.rows("open", endpoint="OS")
    assert {tuple(row["warnings"]) for row in pooled} == {(f"1 of 2: {flagged}",)}


def test_a_death_after_the_cutoff_is_invisible_in_every_row(one_child: Trial) -> None:
    died = DAY0 + timedelta(days=399)
    one_child.publish(died - timedelta(days=1))
    assert one_child.one("open", "events", endpoint="OS")["value"] == 0.0
    one_child.publish(died)
    assert one_child.one("open", "events", endpoint="OS")["value"] == 1.0


def test_a_child_of_tomorrow_is_not_in_the_numbers_of_today(one_child: Trial) -> None:
    one_child.child("S01-003", "INO", DAY0 + timedelta(days=1))
    one_child.publish(DAY0)
    assert one_child.one("open", "n", endpoint="OS")["value"] == 2.0
