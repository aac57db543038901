"""Tests of one table: by hand, against scipy, and what holds for every table."""

import numpy as np
import pytest
from hypothesis import given
from scipy.stats import chi2_contingency, fisher_exact

from services.analytics.domain.estimate import NO_SUBJECTS
from services.analytics.domain.rates.exact_tests import (
    TOO_MANY_SUBJECTS,
    TOO_MANY_TABLES,
    fisher,
    pearson,
    suissa_shuster,
)
from services.analytics.domain.rates.table import TwoByTwo
from services.analytics.domain.score_test import NO_VARIANCE
from tests.services.analytics.domain.rates.tables import two_by_two


def as_rows(table: TwoByTwo) -> list[list[int]]:
    return [[table.x1, table.n1 - table.x1], [table.x2, table.n2 - table.x2]]


def test_fisher_by_hand() -> None:
    # Two successes of three and three, both in the arm: 3 of 15 ways, as many the other way.
    assert fisher(TwoByTwo(2, 3, 0, 3)).estimate.value == pytest.approx(6 / 15)
    assert fisher(TwoByTwo(2, 3, 0, 3), mid_p=True).estimate.value == pytest.approx(4.5 / 15)


def test_the_unconditional_test_by_hand() -> None:
    # One of one against none of one: the two discordant tables, 2 p (1 - p), most at one half.
    found = suissa_shuster(TwoByTwo(1, 1, 0, 1), gamma=1e-3).estimate
    assert found.value == pytest.approx(0.5 + 1e-3)


def test_pearson_by_hand() -> None:
    assert pearson(TwoByTwo(3, 4, 1, 4)).statistic == pytest.approx(2.0)
    assert pearson(TwoByTwo(3, 4, 1, 4), continuity=True).statistic == pytest.approx(0.5)
    assert pearson(TwoByTwo(0, 4, 0, 4)).reason == NO_VARIANCE
    assert pearson(TwoByTwo(0, 0, 0, 4)).reason == NO_SUBJECTS


def test_without_subjects_in_an_arm_there_is_no_test() -> None:
    assert fisher(TwoByTwo(0, 0, 1, 4)).estimate.reason == NO_SUBJECTS
    assert suissa_shuster(TwoByTwo(0, 0, 1, 4)).estimate.reason == NO_SUBJECTS


def test_gamma_lies_between_zero_and_one() -> None:
    with pytest.raises(ValueError, match="gamma"):
        suissa_shuster(TwoByTwo(1, 1, 0, 1), gamma=0.0)


@given(two_by_two())
def test_fisher_and_pearson_equal_those_of_scipy(table: TwoByTwo) -> None:
    expected = fisher_exact(as_rows(table)).pvalue
    assert fisher(table).estimate.value == pytest.approx(expected, rel=1e-9)
    if 0 < table.x1 + table.x2 < table.n1 + table.n2:
        for continuity in (False, True):
            other = chi2_contingency(np.array(as_rows(table)), correction=continuity)
            statistic = pearson(table, continuity=continuity).statistic
            assert statistic == pytest.approx(other.statistic, rel=1e-9, abs=1e-9)


@given(two_by_two(12))
def test_p_values_lie_within_the_unit_interval_and_do_not_know_the_arms(table: TwoByTwo) -> None:
    for test in (fisher, suissa_shuster):
        one, other = (test(each).estimate.value for each in (table, table.swapped()))
        assert one is not None
        assert 0 < one <= 1
        assert one == pytest.approx(other, rel=1e-9)
    assert fisher(table, mid_p=True).estimate.value <= fisher(table).estimate.value  # type: ignore[operator]


def test_beyond_what_can_be_counted_an_exact_test_is_not_estimable() -> None:
    many = TwoByTwo(1, 10**8, 1, 10**8)
    assert fisher(many).estimate.reason == TOO_MANY_SUBJECTS
    assert suissa_shuster(many).estimate.reason == TOO_MANY_TABLES
