"""The trend of a hazard ratio: by hand for four subjects, and what holds for any data."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.cox.partial_likelihood import Ties
from services.analytics.domain.cox.proportional_hazards import (
    AT_TIME_ZERO,
    NO_HAZARD_RATIO,
    TimeScale,
    proportional_hazards,
)
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.observations import Observation, count
from services.analytics.domain.score_test import NO_VARIANCE
from tests.services.analytics.cases import table, trials


@pytest.mark.parametrize(
    ("scale", "trend"),
    [
        (TimeScale.IDENTITY, (1, 2, 3)),
        (TimeScale.LOG, (0, math.log(2), math.log(3))),
        (TimeScale.KM, (0, 1 / 4, 1 / 2)),  # four at risk, one event a day
    ],
)
def test_the_score_of_a_trend_by_hand(scale: TimeScale, trend: tuple[float, ...]) -> None:
    ratio = (math.sqrt(17) - 1) / 8  # the hazard ratio of these four
    shares = [ratio / (1 + ratio), 2 * ratio / (1 + 2 * ratio), ratio / (1 + ratio)]
    deaths = [0, 1, 0]
    score = sum(g * (d - p) for g, d, p in zip(trend, deaths, shares, strict=True))
    spread = [p * (1 - p) for p in shares]
    crossed = sum(g * v for g, v in zip(trend, spread, strict=True))
    squared = sum(g * g * v for g, v in zip(trend, spread, strict=True))
    found = proportional_hazards([[table(1, 3), table(2, "4+")]], scale)
    by_hand = score**2 / (squared - crossed**2 / sum(spread))
    assert found.test.statistic == pytest.approx(by_hand)
    assert found.test.degrees_of_freedom == 1


def test_one_day_of_events_shows_no_trend() -> None:
    found = proportional_hazards([[table(5, "9+"), table(5, "9+", "9+")]])
    assert (found.test.statistic, found.test.reason) == (None, NO_VARIANCE)


def test_without_a_hazard_ratio_there_is_no_trend_to_test() -> None:
    found = proportional_hazards([[table(1, 2), table("7+", "8+")]])
    assert found.test.reason == NO_HAZARD_RATIO
    assert found.statistics()[0].estimate.reason == NO_HAZARD_RATIO


def test_an_event_on_day_zero_has_no_place_on_the_log_scale() -> None:
    strata = [[table(0, 3), table(2, "4+")]]
    assert proportional_hazards(strata, TimeScale.LOG).test.reason == AT_TIME_ZERO
    assert proportional_hazards(strata, TimeScale.IDENTITY).test.reason is None


def test_the_row_of_the_test_names_its_scale_of_time() -> None:
    row = proportional_hazards([[table(1, 3), table(2, "4+")]], TimeScale.LOG).statistics()[0]
    assert row.convention == {"time_scale": "log", "ties": "efron", "degrees_of_freedom": 1}


@settings(deadline=None)
@given(
    trials(arms=("a", "b", "c"), least=1),
    st.sampled_from(list(TimeScale)),
    st.sampled_from(list(Ties)),
)
def test_any_data_give_a_chi_square_or_a_reason(
    observations: list[Observation], scale: TimeScale, ties: Ties
) -> None:
    counts = count(observations, ("a", "b", "c"))
    strata = [
        [LifeTable.of(counts.of_stratum(s).of_arm(arm).cells) for arm in ("a", "b", "c")]
        for s in counts.strata
    ]
    test = proportional_hazards(strata, scale, ties).test
    assert (test.statistic is None) == (test.reason is not None)
    if test.statistic is not None:
        assert test.statistic >= 0
        assert 0 <= (test.p or 0.0) <= 1


@settings(deadline=None)
@given(trials(least=1), st.integers(2, 9))
def test_the_unit_of_time_changes_no_trend(observations: list[Observation], factor: int) -> None:
    def chi_square(seen: list[Observation]) -> float | None:
        counts = count(seen, ("a", "b"))
        pair = [LifeTable.of(counts.of_arm(arm).cells) for arm in ("a", "b")]
        return proportional_hazards([pair], TimeScale.IDENTITY).test.statistic

    scaled = chi_square([replace(each, time=each.time * factor) for each in observations])
    found = chi_square(observations)
    assert scaled == (None if found is None else pytest.approx(found, rel=1e-7, abs=1e-9))
