"""Which event counts, when follow-up ends, and where a subject is censored."""

from datetime import date, timedelta

import pytest

from services.analytics.domain.follow_up import NOTHING_LATER, Censoring
from tests.services.analytics.dated import (
    alive,
    dead,
    dose,
    recovery,
    relapse,
    response,
    transplant,
)
from tests.services.analytics.times import day, time_of

ANNIVERSARY = date(2029, 1, 29)


def test_a_death_is_an_event_on_its_own_day_counting_the_first_day_as_1() -> None:
    found = time_of("EFS", response(day(28)), recovery(day(28)), dead(day(400)))
    assert (found.end.reason, found.end.date, found.days) == (Censoring.EVENT, day(400), 400)
    assert found.end.description == "Death"


def test_the_earliest_event_counts() -> None:
    records = [response(day(28)), recovery(day(28)), dead(day(400)), relapse(day(300))]
    assert time_of("EFS", *records).days == 300


def test_of_two_events_on_one_day_the_one_named_first_in_the_definition_counts() -> None:
    records = [response(day(28)), recovery(day(28)), dead(day(300)), relapse(day(300))]
    assert time_of("EFS", *records).end.description == "Relapse"


def test_without_an_event_the_last_adequate_assessment_censors() -> None:
    records = [
        response(day(28)),
        recovery(day(28)),
        response(day(180), visit="FU06"),
        response(day(400), "NE", visit="FU12"),
    ]
    found = time_of("EFS", *records)
    assert (found.end.reason, found.days) == (Censoring.LAST_SEEN, 180)
    assert not found.observation().event


def test_a_child_never_seen_again_is_censored_at_the_origin() -> None:
    found = time_of("EFS")
    assert (found.end.reason, found.days) == (Censoring.NEVER_SEEN, 1)
    assert found.end.description == NOTHING_LATER


@pytest.mark.parametrize(
    ("died", "reason"),
    [(ANNIVERSARY, Censoring.EVENT), (ANNIVERSARY + timedelta(days=1), Censoring.HORIZON)],
)
def test_the_fifth_anniversary_is_the_last_day_on_which_a_death_counts(
    died: date, reason: Censoring
) -> None:
    found = time_of("OS", alive(day(1000)), dead(died))
    assert (found.end.date, found.end.reason) == (ANNIVERSARY, reason)


def test_follow_up_beyond_the_horizon_is_censored_there() -> None:
    found = time_of("OS", alive(ANNIVERSARY + timedelta(days=200)))
    assert (found.end.date, found.end.reason) == (ANNIVERSARY, Censoring.HORIZON)
    assert found.end.description == "5 years from: Randomization"
    assert found.source is None


@pytest.mark.proves("S1", kind="negative")
def test_transplant_ends_follow_up_in_the_variant_and_not_in_the_main_analysis() -> None:
    records = [transplant(day(100)), dead(day(300))]
    assert time_of("OS", *records).days == 300
    variant = time_of("OSHSCT", *records)
    assert (variant.days, variant.end.reason) == (100, Censoring.FOLLOW_UP_ENDED)
    assert not variant.observation().event


def test_an_event_on_the_day_follow_up_ends_beats_censoring() -> None:
    found = time_of("OSHSCT", transplant(day(100)), dead(day(100)))
    assert (found.days, found.end.reason) == (100, Censoring.EVENT)


@pytest.mark.proves("S4", kind="negative")
def test_a_death_after_the_cutoff_is_invisible() -> None:
    records = [alive(day(180)), dead(day(400))]
    seen = time_of("OS", *records, cutoff=day(400))
    blind = time_of("OS", *records, cutoff=day(399))
    assert (seen.days, seen.end.reason) == (400, Censoring.EVENT)
    assert (blind.days, blind.end.reason) == (180, Censoring.LAST_SEEN)


def test_follow_up_that_ended_before_the_origin_censors_at_the_origin() -> None:
    found = time_of("OSHSCT", transplant(day(2)), dose(day(5)), dead(day(100)))
    assert (found.days, found.end.reason) == (1, Censoring.NEVER_SEEN)
