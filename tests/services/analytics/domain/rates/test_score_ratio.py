"""Ratios of rates and odds by hand, and what holds for every table."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.rates.log_ratio import NO_SUCCESS, log_ratio
from services.analytics.domain.rates.score_ratio import NO_FINITE_ODDS, RatioMethod, score_ratio
from services.analytics.domain.rates.table import (
    NO_STRATUM,
    NO_SUCCESS_IN_REFERENCE,
    TwoByTwo,
)
from tests.services.analytics.domain.rates.tables import several, two_by_two

ONE_TABLE = [RatioMethod.MIETTINEN_NURMINEN, RatioMethod.KOOPMAN, RatioMethod.ODDS]


def test_at_a_ratio_of_one_the_score_is_that_of_the_pooled_rate() -> None:
    found = score_ratio([TwoByTwo(3, 4, 1, 6)], 0.95, RatioMethod.KOOPMAN)
    by_hand = (3 / 4 - 1 / 6) / math.sqrt(0.4 * 0.6 * (1 / 4 + 1 / 6))
    assert found.z == pytest.approx(by_hand)
    assert found.effect.estimate.value == pytest.approx(4.5)
    corrected = score_ratio([TwoByTwo(3, 4, 1, 6)], 0.95, RatioMethod.MIETTINEN_NURMINEN)
    assert corrected.z == pytest.approx(by_hand * math.sqrt(9 / 10))
    odds = score_ratio([TwoByTwo(3, 4, 1, 6)], 0.95, RatioMethod.ODDS)
    assert odds.effect.estimate.value == pytest.approx(15)
    assert odds.z == pytest.approx(by_hand * math.sqrt(9 / 10))


@pytest.mark.parametrize("method", list(RatioMethod))
def test_without_a_success_in_the_reference_only_the_lower_limit_exists(
    method: RatioMethod,
) -> None:
    found = score_ratio([TwoByTwo(5, 6, 0, 6)], 0.95, method).effect.estimate
    reason = NO_FINITE_ODDS if method is RatioMethod.ODDS else NO_SUCCESS_IN_REFERENCE
    assert (found.value, found.upper, found.reason) == (None, None, reason)
    assert found.lower is not None
    assert found.lower > 1


def test_odds_are_infinite_where_the_arm_has_no_failure() -> None:
    found = score_ratio([TwoByTwo(6, 6, 2, 6)], 0.95, RatioMethod.ODDS).effect.estimate
    assert (found.value, found.upper, found.reason) == (None, None, NO_FINITE_ODDS)
    rates = score_ratio([TwoByTwo(6, 6, 2, 6)], 0.95, RatioMethod.KOOPMAN).effect.estimate
    assert rates.value == pytest.approx(3)


@pytest.mark.parametrize("method", list(RatioMethod))
def test_without_a_success_in_the_arm_the_ratio_is_zero(method: RatioMethod) -> None:
    found = score_ratio([TwoByTwo(0, 6, 5, 6)], 0.95, method).effect.estimate
    assert (found.value, found.lower) == (0.0, 0.0)
    assert found.upper is not None
    assert 0 < found.upper < 1


@pytest.mark.parametrize("method", list(RatioMethod))
def test_without_any_success_every_ratio_is_possible(method: RatioMethod) -> None:
    found = score_ratio([TwoByTwo(0, 6, 0, 6)], 0.95, method)
    assert (found.effect.estimate.value, found.effect.estimate.lower) == (None, 0.0)
    assert found.effect.estimate.upper is None
    assert found.z == 0


@pytest.mark.parametrize("method", list(RatioMethod))
def test_without_subjects_of_both_arms_there_is_no_ratio(method: RatioMethod) -> None:
    found = score_ratio([TwoByTwo(0, 0, 1, 6)], 0.95, method)
    assert {row.estimate.reason for row in found.statistics()} == {NO_STRATUM}


@pytest.mark.parametrize("method", ONE_TABLE)
def test_a_method_of_one_table_refuses_strata(method: RatioMethod) -> None:
    with pytest.raises(ValueError, match="one table"):
        score_ratio([TwoByTwo(1, 2, 1, 2)] * 2, 0.95, method)


@settings(deadline=None)
@given(two_by_two(), st.floats(0.5, 0.999), st.sampled_from(list(RatioMethod)))
def test_swapped_arms_invert_the_ratio_and_its_limits(
    table: TwoByTwo, level: float, method: RatioMethod
) -> None:
    one, other = (
        score_ratio([each], level, method).effect.estimate for each in (table, table.swapped())
    )
    for mine, theirs in ((one.lower, other.upper), (one.upper, other.lower)):
        if mine and theirs:
            assert mine * theirs == pytest.approx(1)
        else:
            assert {mine, theirs} == {0.0, None}


@settings(deadline=None)
@given(two_by_two(), st.floats(0.5, 0.999), st.sampled_from(list(RatioMethod)))
def test_limits_contain_the_ratio(table: TwoByTwo, level: float, method: RatioMethod) -> None:
    found = score_ratio([table], level, method).effect.estimate
    assert found.lower is not None
    if found.value is not None:
        assert found.lower <= found.value * (1 + 1e-7)
        if found.upper is not None:
            assert found.value <= found.upper * (1 + 1e-7)


@settings(deadline=None)
@given(several(), two_by_two())
def test_a_stratum_of_one_arm_changes_no_stratified_ratio(
    tables: list[TwoByTwo], other: TwoByTwo
) -> None:
    more = [*tables, TwoByTwo(other.x1, other.n1, 0, 0)]
    one, two = (score_ratio(each, 0.95, RatioMethod.TANG) for each in (tables, more))
    assert one == two


def test_limits_on_the_log_scale_by_hand() -> None:
    found = log_ratio(TwoByTwo(3, 4, 1, 6), 0.95).estimate
    error = math.sqrt(1 / 3 - 1 / 4 + 1 / 1 - 1 / 6)
    assert found.value == pytest.approx(4.5)
    assert found.upper == pytest.approx(4.5 * math.exp(1.959963984540054 * error))


def test_limits_on_the_log_scale_need_a_success_in_each_arm() -> None:
    assert log_ratio(TwoByTwo(3, 4, 0, 6), 0.95).estimate.reason == NO_SUCCESS_IN_REFERENCE
    none = log_ratio(TwoByTwo(0, 4, 1, 6), 0.95).estimate
    assert (none.value, none.lower, none.reason) == (0.0, None, NO_SUCCESS)
    assert log_ratio(TwoByTwo(0, 0, 1, 6), 0.95).estimate.value is None
