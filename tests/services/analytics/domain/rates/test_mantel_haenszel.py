"""The test of strata and the common odds ratio: by hand, and what holds for all strata."""

import math

import pytest
from hypothesis import given, settings

from services.analytics.domain.rates.mantel_haenszel import INFINITE, ZERO, mantel_haenszel
from services.analytics.domain.rates.table import NO_STRATUM, TwoByTwo
from services.analytics.domain.score_test import NO_VARIANCE
from tests.services.analytics.domain.rates.tables import several, two_by_two


def test_one_stratum_by_hand() -> None:
    found = mantel_haenszel([TwoByTwo(2, 3, 1, 3)], 0.95)
    assert found.test.statistic == pytest.approx(0.5**2 / (3 * 3 * 3 * 3 / (36 * 5)))
    assert found.odds_ratio.value == pytest.approx(4)
    # Of one table the variance is Woolf's: 1/2 + 1/1 + 1/1 + 1/2.
    assert found.odds_ratio.upper == pytest.approx(4 * math.exp(1.959963984540054 * math.sqrt(3)))


def test_an_odds_ratio_without_a_finite_value_or_limits_has_a_reason() -> None:
    infinite = mantel_haenszel([TwoByTwo(3, 3, 1, 3)], 0.95)
    assert (infinite.odds_ratio.value, infinite.odds_ratio.reason) == (None, INFINITE)
    zero = mantel_haenszel([TwoByTwo(0, 3, 1, 3)], 0.95)
    assert (zero.odds_ratio.value, zero.odds_ratio.reason) == (0.0, ZERO)


def test_without_variance_or_strata_there_is_no_test() -> None:
    assert mantel_haenszel([TwoByTwo(0, 3, 0, 3)], 0.95).test.reason == NO_VARIANCE
    found = mantel_haenszel([TwoByTwo(0, 0, 1, 3)], 0.95)
    assert {row.estimate.reason for row in found.statistics()} == {NO_STRATUM}


@settings(deadline=None)
@given(several(), two_by_two())
def test_a_stratum_of_one_arm_changes_nothing(tables: list[TwoByTwo], other: TwoByTwo) -> None:
    more = [*tables, TwoByTwo(other.x1, other.n1, 0, 0)]
    assert mantel_haenszel(tables, 0.95) == mantel_haenszel(more, 0.95)


@settings(deadline=None)
@given(several())
def test_swapped_arms_keep_chi_square_and_invert_the_odds_ratio(tables: list[TwoByTwo]) -> None:
    one = mantel_haenszel(tables, 0.95)
    other = mantel_haenszel([table.swapped() for table in tables], 0.95)
    assert one.test.reason == other.test.reason
    if one.test.statistic is not None:
        assert one.test.statistic == pytest.approx(other.test.statistic, rel=1e-9, abs=1e-12)
    mine, theirs = one.odds_ratio, other.odds_ratio
    if mine.value and theirs.value:
        assert mine.value * theirs.value == pytest.approx(1)
        assert (mine.lower or 0) * (theirs.upper or 0) == pytest.approx(1)
        assert mine.lower < mine.value < mine.upper  # type: ignore[operator]
