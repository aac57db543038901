"""Transplants and CAR T cells, which death precludes: cumulative incidence and Gray's test."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given

from services.analytics.domain.competing.gray import gray
from services.analytics.domain.competing.incidence import cumulative_incidence
from services.analytics.domain.competing.subdistribution import fine_gray
from services.analytics.domain.competing.table import CauseCount, CompetingTable
from services.analytics.domain.competing_rows import cause_of, competing_rows
from services.analytics.domain.cox.model import cox
from services.analytics.domain.endpoint_times import endpoint_times
from services.analytics.domain.first_event import first_event
from services.analytics.domain.proportions import ProportionPlan
from services.analytics.domain.results import OutputClass, ResultRow, Status
from services.analytics.domain.study_data import KeptRecord
from services.analytics.exact_limits import ENGINE, clopper_pearson
from shared.study.endpoints import ProportionEndpoint
from tests.services.analytics.dated import DAY0, FAR, alive, dead, dose, one, transplant
from tests.services.analytics.domain.competing.causes import ends
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")
PLAN = ProportionPlan("HSCT", "ITT", 0.95, date(2030, 6, 30), clopper_pearson, ENGINE)
SUCCESS, DEATH, CENSORED = 1, 2, 0
BY_HAND = [
    CauseCount("INO", "x", 100.0, SUCCESS, 1),
    CauseCount("ALLR3", "x", 200.0, DEATH, 1),
    CauseCount("INO", "x", 300.0, SUCCESS, 1),
    CauseCount("ALLR3", "x", 400.0, CENSORED, 1),
]
Key = tuple[str | None, str | None, str, float | None]


def hsct() -> ProportionEndpoint:
    found = NCT.endpoint("HSCT")
    assert isinstance(found, ProportionEndpoint)
    return found


def rows(counts: list[CauseCount]) -> dict[Key, ResultRow]:
    found = list(competing_rows(NCT, hsct(), PLAN, sorted(counts)))
    by_key = {(r.group or r.contrast, r.category, r.statistic, r.timepoint): r for r in found}
    assert len(by_key) == len(found)
    return by_key


def ended(*records: KeptRecord) -> tuple[float, int]:
    """The day and the cause of one subject."""
    subject = one(NCT, [dose(DAY0), *records])
    (time,) = endpoint_times(NCT, first_event(hsct()), "ITT", [subject], FAR)
    return float(time.days), cause_of(hsct(), time)


def day(number: int) -> date:
    return DAY0 + timedelta(days=number - 1)


def test_the_incidence_worked_out_by_hand_comes_out() -> None:
    # Success: 1/4 on day 100, then of the 1/2 left before day 300 one half: together 1/2.
    # Death: of the 3/4 left before day 200 one third.
    found = rows(BY_HAND)
    assert found["pooled", "success", "incidence", 365.0].value == pytest.approx(0.5)
    assert found["pooled", "competing", "incidence", 365.0].value == pytest.approx(0.25)
    # In an arm in which all succeed the incidence is 1; in the other nobody does.
    assert found["INO", "success", "incidence", 365.0].value == 1.0
    assert found["ALLR3", "success", "incidence", 365.0].value == 0.0
    assert found["ALLR3", "competing", "incidence", 365.0].value == pytest.approx(0.5)


def test_past_what_was_seen_there_is_no_incidence_and_the_row_says_why() -> None:
    row = rows(BY_HAND)["pooled", "success", "incidence", 730.0]
    assert (row.status, row.value) == (Status.NE, None)
    assert row.reason


def test_the_dead_do_not_count_as_if_they_might_still_be_transplanted() -> None:
    assert ended(transplant(day(60))) == (60.0, SUCCESS)
    assert ended(dead(day(90))) == (90.0, DEATH)
    assert ended(alive(day(200))) == (200.0, CENSORED)
    assert ended(transplant(day(60)), dead(day(90))) == (60.0, SUCCESS)


def test_a_transplant_on_the_day_of_death_came_first() -> None:
    assert ended(transplant(day(90)), dead(day(90))) == (90.0, SUCCESS)


def test_the_rows_hold_what_the_estimators_say_called_by_themselves() -> None:
    found = rows(BY_HAND)
    table = CompetingTable.of(BY_HAND, DEATH)
    value, error = cumulative_incidence(table, 0.95).statistics(365.0)
    row = found["pooled", "competing", "incidence", 365.0]
    expected = value.estimate
    assert (row.value, row.lower, row.upper) == (expected.value, expected.lower, expected.upper)
    row = found["pooled", "competing", "incidence_standard_error", 365.0]
    assert row.value == error.estimate.value
    arms = [CompetingTable.of([c for c in BY_HAND if c.arm == a], 1) for a in ("INO", "ALLR3")]
    test = gray([arms]).test
    assert found["INO vs ALLR3", "success", "gray_chi_square", None].value == test.statistic
    assert found["INO vs ALLR3", "success", "gray_p", None].value == test.p


def test_strata_are_added_where_there_are_several() -> None:
    counts = [
        CauseCount(
            arm, stratum, float(100 * i + (7 if arm == "INO" else 0) + len(stratum)), cause, 2
        )
        for i, cause in enumerate((SUCCESS, DEATH, SUCCESS, CENSORED), start=1)
        for arm in ("INO", "ALLR3")
        for stratum in ("x", "yy")
    ]
    found = rows(counts)
    parts = [
        [
            CompetingTable.of([c for c in counts if (c.arm, c.stratum) == (arm, stratum)], 1)
            for arm in ("INO", "ALLR3")
        ]
        for stratum in ("x", "yy")
    ]
    row = found["INO vs ALLR3", "success", "stratified_gray_chi_square", None]
    assert row.value == gray(parts).test.statistic
    assert row.convention["strata"] == 2
    assert ("INO vs ALLR3", "success", "stratified_gray_p", None) in found
    assert not [key for key in rows(BY_HAND) if "stratified" in key[2]], "one stratum is the plain"


def test_ratios_of_hazards_are_those_of_the_estimators_where_the_definition_asks() -> None:
    counts = [
        CauseCount(arm, "x", float(10 * i + (3 if arm == "INO" else 0)), cause, 2)
        for i, cause in enumerate((SUCCESS, DEATH, SUCCESS, CENSORED, SUCCESS, DEATH), start=1)
        for arm in ("INO", "ALLR3")
    ]
    found = rows(counts)
    tables = [CompetingTable.of([c for c in counts if c.arm == a], 1) for a in ("ALLR3", "INO")]
    (end,) = fine_gray(tables)
    (cause,) = cox([[each.of_cause() for each in tables]]).coefficients
    for name, expected in (("subdistribution", end), ("cause_specific", cause)):
        ratio = found["INO vs ALLR3", "success", f"{name}_hazard_ratio", None]
        assert (ratio.value, ratio.lower, ratio.upper) == (
            (limits := expected.hazard_ratio(0.95)).value, limits.lower, limits.upper
        )  # fmt: skip
        p = found["INO vs ALLR3", "success", f"{name}_p_two_sided", None]
        assert p.value == expected.p_two_sided
        assert ratio.output_class is OutputClass.CLOSED
    assert rows(BY_HAND)["INO vs ALLR3", "success", "subdistribution_hazard_ratio", None].reason
    silent = hsct().model_copy(update={"hazards": ()})
    names = {row.statistic for row in competing_rows(NCT, silent, PLAN, sorted(counts))}
    assert not [name for name in names if "hazard" in name]


def test_only_pooled_rows_are_open() -> None:
    for (of, *_), row in rows(BY_HAND).items():
        assert (row.output_class is OutputClass.OPEN) == (of == "pooled")


def test_the_hash_of_a_pooled_row_does_not_tell_the_arms_apart() -> None:
    swap = {"INO": "ALLR3", "ALLR3": "INO"}
    swapped = [CauseCount(swap[c.arm], "x", c.time, c.cause, c.subjects) for c in BY_HAND]
    key: Key = ("pooled", "success", "incidence", 365.0)
    assert rows(BY_HAND)[key].inputs_hash == rows(swapped)[key].inputs_hash


@given(ends(("INO", "ALLR3")))
def test_every_number_is_finite_or_has_a_reason(counts: list[CauseCount]) -> None:
    by_two = [CauseCount(c.arm, c.stratum, c.time, min(c.cause, 2), c.subjects) for c in counts]
    for row in competing_rows(NCT, hsct(), PLAN, sorted(by_two)):
        assert row.value is not None or row.reason


def test_an_endpoint_without_competing_events_has_no_such_time() -> None:
    primary = NCT.endpoint("MRDNEG")
    assert isinstance(primary, ProportionEndpoint)
    with pytest.raises(ValueError, match="no competing events"):
        first_event(primary)


def test_competing_events_need_a_rule_for_days_and_for_censoring() -> None:
    raw = hsct().model_dump(mode="json", by_alias=True)
    for field, none in (("censoring", []), ("day_rule", None), ("competing", [])):
        with pytest.raises(ValueError, match="given together"):
            ProportionEndpoint.model_validate_json(json.dumps(raw | {field: none, "hazards": []}))
    alone: dict[str, object] = {"competing": [], "censoring": [], "day_rule": None}
    with pytest.raises(ValueError, match="hazards need competing events"):
        ProportionEndpoint.model_validate_json(json.dumps(raw | alone))
