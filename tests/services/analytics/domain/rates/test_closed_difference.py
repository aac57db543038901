"""Closed-form limits of a difference: by hand, and what holds for every table."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.estimate import NO_SUBJECTS
from services.analytics.domain.rates.closed_difference import (
    NO_VARIANCE,
    ONE_SUBJECT,
    DifferenceLimits,
    rate_difference,
)
from services.analytics.domain.rates.exact_difference import exact_difference
from services.analytics.domain.rates.table import TwoByTwo
from tests.services.analytics.domain.rates.tables import two_by_two
from tests.support.examples import examples

Z = 1.959963984540054


def test_symmetric_limits_by_hand() -> None:
    table = TwoByTwo(2, 4, 1, 5)
    wald = rate_difference(table, 0.95, DifferenceLimits.WALD).estimate
    assert wald.value == pytest.approx(0.3)
    assert wald.upper == pytest.approx(0.3 + Z * math.sqrt(0.25 / 4 + 0.16 / 5))
    anderson = rate_difference(table, 0.95, DifferenceLimits.HAUCK_ANDERSON).estimate
    assert anderson.lower == pytest.approx(0.3 - Z * math.sqrt(0.25 / 3 + 0.16 / 4) - 1 / 8)
    caffo = rate_difference(table, 0.95, DifferenceLimits.AGRESTI_CAFFO).estimate
    spread = math.sqrt(1 / 4 / 6 + 10 / 49 / 7)
    assert caffo.lower == pytest.approx(3 / 6 - 2 / 7 - Z * spread)
    assert caffo.value == pytest.approx(0.3)


def test_where_the_rates_show_no_variance_or_too_few_subjects_limits_have_a_reason() -> None:
    sure = rate_difference(TwoByTwo(0, 4, 0, 5), 0.95, DifferenceLimits.WALD).estimate
    assert (sure.value, sure.lower, sure.reason) == (0.0, None, NO_VARIANCE)
    one = rate_difference(TwoByTwo(0, 1, 2, 5), 0.95, DifferenceLimits.HAUCK_ANDERSON).estimate
    assert (one.lower, one.reason) == (None, ONE_SUBJECT)


@pytest.mark.parametrize("limits", list(DifferenceLimits))
def test_without_subjects_in_an_arm_there_is_no_difference(limits: DifferenceLimits) -> None:
    assert rate_difference(TwoByTwo(0, 0, 2, 5), 0.95, limits).estimate.reason == NO_SUBJECTS
    assert exact_difference(TwoByTwo(0, 0, 2, 5), 0.95).estimate.reason == NO_SUBJECTS


@given(two_by_two(), st.floats(0.5, 0.999), st.sampled_from(list(DifferenceLimits)))
def test_limits_contain_the_difference_and_mirror_with_the_arms(
    table: TwoByTwo, level: float, limits: DifferenceLimits
) -> None:
    found = rate_difference(table, level, limits).estimate
    other = rate_difference(table.swapped(), level, limits).estimate
    assert found.value is not None
    assert found.value == pytest.approx(-(other.value or 0.0))
    if found.lower is None or found.upper is None:
        assert found.reason
        return
    assert -1 <= found.lower <= found.upper <= 1
    assert found.lower == pytest.approx(-(other.upper or 0.0), abs=1e-9)
    if limits is not DifferenceLimits.AGRESTI_CAFFO:  # It is centred elsewhere.
        assert found.lower - 1e-9 <= found.value <= found.upper + 1e-9


@examples(0.6)
@given(two_by_two(8))
def test_exact_limits_contain_the_difference_and_mirror_with_the_arms(table: TwoByTwo) -> None:
    found, other = (exact_difference(each, 0.95).estimate for each in (table, table.swapped()))
    assert found.lower <= found.value <= found.upper  # type: ignore[operator]
    assert (found.lower, found.upper) == (-(other.upper or 0.0), -(other.lower or 0.0))


def test_exact_limits_of_one_subject_an_arm_by_hand() -> None:
    # 1 of 1 against 0 of 1: P = p1 (1 - p2), at a difference d at most ((1 + d) / 2)^2.
    found = exact_difference(TwoByTwo(1, 1, 0, 1), 0.95).estimate
    assert found.lower == pytest.approx(2 * math.sqrt(0.025) - 1)
    assert found.upper == 1.0
