"""Median follow-up under both rules for an event and a censoring on one day."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.estimate import NO_SUBJECTS, Estimate
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.observations import Observation, count
from services.analytics.domain.reverse_kaplan_meier import (
    LIMITS_OF_FLIP,
    NOT_REACHED,
    ReverseTies,
    follow_up,
)
from tests.services.analytics.cases import table, trials


def test_the_two_rules_differ_where_an_event_and_a_censoring_share_a_day() -> None:
    tied = table(2, "2+", "4+", "5+")
    # flip: one of four is censored on day 2, half of the rest on day 4: 3/4, 3/8.
    assert follow_up(tied, 0.95).median.value == 4.0
    # prodlim: one of the three whom the event has left: 2/3, 1/3.
    assert follow_up(tied, 0.95, ReverseTies.PRODLIM).median.value == 4.0
    apart = table(2, 2, "2+", "4+")
    assert follow_up(apart, 0.95).median.value == 4.0  # 3/4 on day 2
    assert follow_up(apart, 0.95, ReverseTies.PRODLIM).median.value == 2.0  # 1/2 on day 2


def test_flip_takes_the_midpoint_of_a_plateau_and_prodlim_its_first_day() -> None:
    level = table("1+", "2+", "5+", "9+")
    assert follow_up(level, 0.95).median.value == 3.5
    assert follow_up(level, 0.95, ReverseTies.PRODLIM).median == Estimate(
        2.0, reason=LIMITS_OF_FLIP
    )


@pytest.mark.parametrize("ties", list(ReverseTies))
def test_where_all_have_the_event_follow_up_has_no_median(ties: ReverseTies) -> None:
    assert follow_up(table(1, 2, 3), 0.95, ties).median == Estimate(None, reason=NOT_REACHED)


@pytest.mark.parametrize("ties", list(ReverseTies))
def test_without_subjects_there_is_no_follow_up(ties: ReverseTies) -> None:
    found = follow_up(LifeTable.of(()), 0.95, ties)
    assert found.median == Estimate(None, reason=NO_SUBJECTS)
    assert found.statistics()[0].convention["reverse_km_ties"] == ties.value


@settings(deadline=None)
@given(trials(least=1), st.sampled_from(list(ReverseTies)))
def test_the_median_is_an_observed_span_or_has_a_reason(
    observations: list[Observation], ties: ReverseTies
) -> None:
    made = LifeTable.of(count(observations, ("a", "b")).cells)
    median = follow_up(made, 0.95, ties).median
    if median.value is None:
        assert median.reason == NOT_REACHED
    else:
        assert made.times[0] <= median.value <= made.times[-1]
        assert (median.reason is None) == (None not in (median.lower, median.upper))


@settings(deadline=None)
@given(trials(least=1))
def test_prodlim_never_finds_a_longer_follow_up_than_flip(observations: list[Observation]) -> None:
    made = LifeTable.of(count(observations, ("a", "b")).cells)
    flip, prodlim = (follow_up(made, 0.95, ties).median.value for ties in ReverseTies)
    if flip is not None:
        assert prodlim is not None
        assert prodlim <= flip
