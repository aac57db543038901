"""Limits of one proportion: by hand, against scipy, and what holds for every x of n."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from services.analytics.domain.estimate import NO_SUBJECTS
from services.analytics.domain.rates.single import (
    ProportionLimits,
    proportion,
    proportion_limits,
)

COUNTS = st.integers(1, 150).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_without_a_success_the_exact_upper_limit_is_a_root() -> None:
    found = proportion(0, 6, 0.95, ProportionLimits.CLOPPER_PEARSON).estimate
    assert (found.value, found.lower) == (0.0, 0.0)
    assert found.upper == pytest.approx(1 - 0.025 ** (1 / 6))
    half = proportion(0, 6, 0.95, ProportionLimits.MID_P).estimate
    assert half.upper == pytest.approx(1 - 0.05 ** (1 / 6))


def test_wilson_limits_of_one_half_by_hand() -> None:
    z = 1.959963984540054
    found = proportion(2, 4, 0.95, ProportionLimits.WILSON).estimate
    assert found.upper == pytest.approx(0.5 + z / (2 * math.sqrt(4 + z * z)))


@settings(deadline=None)
@given(COUNTS, st.floats(0.5, 0.999))
def test_limits_equal_those_of_scipy(counts: tuple[int, int], level: float) -> None:
    test = binomtest(*counts)
    for name, limits in (
        ("exact", ProportionLimits.CLOPPER_PEARSON),
        ("wilson", ProportionLimits.WILSON),
        ("wilsoncc", ProportionLimits.WILSON_CC),
    ):
        expected = test.proportion_ci(level, method=name)
        found = proportion_limits(*counts, level, limits)
        assert found == pytest.approx((expected.low, expected.high), abs=1e-10)


@settings(deadline=None)
@given(COUNTS, st.floats(0.5, 0.999), st.sampled_from(list(ProportionLimits)))
def test_limits_contain_the_proportion_and_mirror_with_it(
    counts: tuple[int, int], level: float, limits: ProportionLimits
) -> None:
    x, n = counts
    lower, upper = proportion_limits(x, n, level, limits)
    assert 0 <= lower <= x / n + 1e-9
    assert x / n - 1e-9 <= upper <= 1
    mirrored = proportion_limits(n - x, n, level, limits)
    assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((lower, upper), abs=1e-12)


@settings(deadline=None)
@given(COUNTS)
def test_mid_p_limits_lie_within_the_exact_ones(counts: tuple[int, int]) -> None:
    exact = proportion_limits(*counts, 0.95, ProportionLimits.CLOPPER_PEARSON)
    half = proportion_limits(*counts, 0.95, ProportionLimits.MID_P)
    assert exact[0] <= half[0] + 1e-12
    assert half[1] <= exact[1] + 1e-12


@pytest.mark.parametrize("limits", list(ProportionLimits))
def test_without_subjects_there_is_no_proportion(limits: ProportionLimits) -> None:
    row = proportion(0, 0, 0.95, limits)
    assert (row.estimate.value, row.estimate.reason) == (None, NO_SUBJECTS)
    assert row.convention == {"limits": limits.value, "level": 0.95}


def test_impossible_counts_and_levels_are_errors() -> None:
    with pytest.raises(ValueError, match="successes"):
        proportion(3, 2, 0.95, ProportionLimits.WILSON)
    with pytest.raises(ValueError, match="level"):
        proportion(1, 2, 0.0, ProportionLimits.WILSON)
