"""The difference of two medians: its limits are percentiles of medians of drawn subjects."""

import random

import numpy as np
import pytest
from hypothesis import given

from services.analytics.domain.kaplan_meier import kaplan_meier
from services.analytics.domain.median_difference import (
    NOT_REACHED,
    Draws,
    _each_median,
    _percentile,
    median_difference,
)
from services.analytics.domain.observations import Observation, count
from tests.services.analytics.cases import freireich, table, trials

DRAWS = Draws(2000, 1963)


def test_the_difference_of_1963_is_fifteen_weeks() -> None:
    drug, control = (count(freireich(), ("6-MP", "control")).of_arm(arm).table
                     for arm in ("6-MP", "control"))  # fmt: skip
    found = median_difference(drug, control, 0.95, DRAWS).difference
    assert found.value == 7 * (23 - 8)
    assert found.lower is not None
    assert 0 < found.lower < found.value
    turned = median_difference(control, drug, 0.95, DRAWS).difference
    assert turned.value == -found.value


def test_the_same_seed_has_the_same_limits_and_another_has_others() -> None:
    first, second = table(*range(1, 40)), table(*range(3, 60, 2))
    limits = {
        seed: median_difference(first, second, 0.95, Draws(500, seed)).difference
        for seed in (1, 2, 3)
    }
    assert limits[1] == median_difference(first, second, 0.95, Draws(500, 1)).difference
    assert len({(each.lower, each.upper) for each in limits.values()}) > 1


def test_limits_are_those_of_subjects_drawn_one_by_one() -> None:
    chance = random.Random(7)
    arms = [[(chance.randint(1, 300), chance.random() < 0.8) for _ in range(80)] for _ in "ab"]
    made = [table(*(f"{t}{'' if event else '+'}" for t, event in arm)) for arm in arms]
    found = median_difference(made[0], made[1], 0.9, Draws(4000, 5)).difference
    drawn = []
    for _ in range(1000):
        medians = []
        for arm in arms:
            again = chance.choices(arm, k=len(arm))
            sample = table(*(f"{t}{'' if event else '+'}" for t, event in again))
            medians.append(kaplan_meier(sample, 0.9).quantiles(0.5)[0].time)
        drawn.append(medians[0] - medians[1])  # type: ignore[operator]
    lower, upper = np.quantile(drawn, [0.05, 0.95])
    assert found.lower == pytest.approx(lower, abs=14)
    assert found.upper == pytest.approx(upper, abs=14)


def test_a_median_that_is_not_reached_has_no_difference_and_a_limit_may_stay_open() -> None:
    never = median_difference(table(1, "9+", "9+"), table(1, 2, 3), 0.95, DRAWS).difference
    assert (never.value, never.reason) == (None, NOT_REACHED)
    nobody = median_difference(table(), table(1), 0.95, DRAWS).difference
    assert nobody.value is None
    barely = median_difference(
        table(1, 2, 3, 4, 5, 6, *["9+"] * 5), table(*range(1, 12)), 0.95, DRAWS
    ).difference
    assert (barely.value, barely.upper) == (0.0, None)
    assert barely.reason == "upper limit not reached"
    assert barely.lower is not None


@given(trials(arms=("a",), least=1))
def test_the_median_of_many_groups_at_once_is_that_of_each(
    observations: list[Observation],
) -> None:
    only = count(observations, ("a",)).table
    expected = kaplan_meier(only, 0.95).quantiles(0.5)[0].time
    (found,) = _each_median(only.times, only.events[None], only.censored[None])
    assert found == (np.inf if expected is None else expected)


@pytest.mark.parametrize(
    ("p", "expected"), [(0.25, 1.5), (0.5, 2.5), (0.6, 3.0), (0.75, np.inf), (0.01, 1.0)]
)
def test_a_percentile_beside_an_infinite_draw_is_known(p: float, expected: float) -> None:
    ranked = np.array([1.0, 2.0, 3.0, np.inf])
    assert _percentile(ranked, p) == expected
