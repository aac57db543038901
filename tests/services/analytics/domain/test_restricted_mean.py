"""Areas computed by hand for at most six subjects, and what holds for any data."""

import math
from dataclasses import replace
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.estimate import NO_SUBJECTS, Estimate
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.observations import Observation, count
from services.analytics.domain.restricted_mean import (
    TAU_PAST_LAST,
    longest_tau,
    restricted_mean,
)
from services.analytics.domain.restricted_mean_comparison import (
    NO_MEAN,
    NO_TIME_LOST,
    NO_VARIANCE,
    compare_restricted_means,
)
from tests.services.analytics.cases import table, trials

Z = NormalDist().inv_cdf(0.975)


def test_the_area_and_its_variance_by_hand() -> None:
    # S = 3/4 on [1, 2), 3/4 on [2, 3), 3/8 on [3, 5): 1 + 3/4 + 3/4 + 3/4.
    mean = restricted_mean(table(1, "2+", 3, "6+"), 5)
    assert mean.value == pytest.approx(3.25)
    variance = (3 / 4 + 3 / 4 + 3 / 4) ** 2 / (4 * 3) + (3 / 4) ** 2 / (2 * 1)
    assert mean.standard_error == pytest.approx(math.sqrt(variance))
    limits = mean.estimate(0.95)
    assert limits.upper == pytest.approx(3.25 + Z * math.sqrt(variance))
    assert mean.lost(0.95).value == pytest.approx(1.75)
    assert mean.lost(0.95).lower == pytest.approx(1.75 - Z * math.sqrt(variance))


def test_an_event_at_tau_takes_no_area() -> None:
    with_it, without = restricted_mean(table(1, 3), 3), restricted_mean(table(1, "3+"), 3)
    assert with_it == without


def test_after_the_last_event_of_all_nothing_is_added() -> None:
    assert restricted_mean(table(2, 4), 99).value == 3.0
    assert restricted_mean(table(2, 4), 99).standard_error == pytest.approx(math.sqrt(1 / 2))


def test_tau_past_the_last_observed_day_is_not_estimable_while_somebody_survives() -> None:
    assert restricted_mean(table(1, "3+"), 3).value == 2.0
    past = restricted_mean(table(1, "3+"), 3.1)
    assert past.estimate(0.95) == Estimate(None, reason=TAU_PAST_LAST)
    assert past.lost(0.95) == Estimate(None, reason=TAU_PAST_LAST)


def test_without_subjects_there_is_no_mean() -> None:
    assert restricted_mean(LifeTable.of(()), 3).reason == NO_SUBJECTS
    both = compare_restricted_means(LifeTable.of(()), table(1, "3+"), 3)
    assert both.difference(0.95).estimate.reason == NO_SUBJECTS


@pytest.mark.parametrize("tau", [0.0, -1.0, math.inf, math.nan])
def test_tau_is_positive_and_finite(tau: float) -> None:
    with pytest.raises(ValueError, match="tau must be"):
        restricted_mean(table(1, "3+"), tau)


def test_the_longest_tau_is_the_earliest_end_of_an_arm_in_which_somebody_survives() -> None:
    assert longest_tau([table(1, "9+"), table(2, "7+")]) == 7.0
    assert longest_tau([table(1, "9+"), table(2, 3)]) == 9.0
    assert longest_tau([table(2, 3), LifeTable.of(())]) is None


def test_the_contrasts_by_hand() -> None:
    both = compare_restricted_means(table(1, "9+"), table(2, "9+"), 4)
    # Means 2.5 and 3, errors 1.5 / sqrt 2 and 1 / sqrt 2 of them.
    errors = 1.5 / math.sqrt(2), 1 / math.sqrt(2)
    difference = both.difference(0.95)
    assert difference.estimate.value == pytest.approx(-0.5)
    assert difference.estimate.lower == pytest.approx(-0.5 - Z * math.hypot(*errors))
    ratio = both.ratio(0.95).estimate
    assert ratio.value == pytest.approx(2.5 / 3)
    log_error = math.hypot(errors[0] / 2.5, errors[1] / 3)
    assert ratio.lower == pytest.approx(2.5 / 3 * math.exp(-Z * log_error))
    lost = both.lost_ratio(0.95).estimate
    assert lost.value == pytest.approx(1.5)
    log_error = math.hypot(errors[0] / 1.5, errors[1] / 1)
    assert lost.upper == pytest.approx(1.5 * math.exp(Z * log_error))


def test_without_an_event_by_tau_the_means_are_tau_and_no_test_is_possible() -> None:
    # 0.1 + 0.2 + 0.7 is not 1 in binary: time lost must not be what rounding leaves of it.
    both = compare_restricted_means(table("0.1+", "0.3+", 8), table(7, "9+"), 4)
    assert both.difference(0.95).estimate == Estimate(0.0, 0.0, 0.0)
    assert both.difference(0.95).p_two_sided is None
    assert both.lost_ratio(0.95).estimate.reason == NO_TIME_LOST
    reasons = {row.name: row.estimate.reason for row in both.statistics(0.95)}
    assert reasons["rmst_difference_p_two_sided"] == NO_VARIANCE
    assert reasons["rmtl_ratio_p_two_sided"] == NO_TIME_LOST


def test_where_all_die_on_day_zero_there_is_no_ratio() -> None:
    both = compare_restricted_means(table(0, 0), table(1, "9+"), 4)
    assert both.ratio(0.95).estimate.reason == NO_MEAN
    assert both.difference(0.95).estimate.value == pytest.approx(-2.5)


def test_tau_stands_on_every_row() -> None:
    both = compare_restricted_means(table(1, "9+"), table(2, "9+"), 4)
    rows = (*both.statistics(0.95), *both.arm.statistics(0.95))
    assert {row.convention["tau_days"] for row in rows} == {4}
    assert len({row.name for row in rows}) == len(rows)


@settings(deadline=None)
@given(trials(least=1), st.floats(0.1, 20))
def test_swapping_arms_negates_the_difference_and_inverts_the_ratios(
    observations: list[Observation], tau: float
) -> None:
    counts = count(observations, ("a", "b"))
    a, b = (LifeTable.of(counts.of_arm(arm).cells) for arm in ("a", "b"))
    one, other = (compare_restricted_means(*pair, tau) for pair in ((a, b), (b, a)))
    for scale, first, second in (
        (1, one.difference(0.9), other.difference(0.9)),
        (0, one.ratio(0.9), other.ratio(0.9)),
        (0, one.lost_ratio(0.9), other.lost_ratio(0.9)),
    ):
        assert first.p_two_sided == pytest.approx(second.p_two_sided)
        mine, theirs = first.estimate, second.estimate
        if mine.value is None or theirs.value is None:
            assert mine.value is theirs.value is None
        elif scale:
            assert (mine.value, mine.lower) == pytest.approx((-theirs.value, -(theirs.upper or 0)))
        else:
            assert mine.value * theirs.value == pytest.approx(1)
            assert (mine.lower or 0) * (theirs.upper or 0) == pytest.approx(1)


@settings(deadline=None)
@given(trials(least=1), st.integers(1, 16), st.integers(2, 9))
def test_the_unit_of_time_scales_the_mean_and_its_error(
    observations: list[Observation], tau: int, factor: int
) -> None:
    scaled = [replace(each, time=each.time * factor) for each in observations]
    one = restricted_mean(LifeTable.of(count(observations, ("a", "b")).cells), tau)
    other = restricted_mean(LifeTable.of(count(scaled, ("a", "b")).cells), tau * factor)
    assert one.reason == other.reason
    if one.value is not None and one.standard_error is not None:
        assert other.value == pytest.approx(one.value * factor)
        assert other.standard_error == pytest.approx(one.standard_error * factor)
        assert 0 <= one.value <= tau * (1 + 1e-12)
