import numpy as np
import pytest

from services.analytics.domain.score_test import (
    NO_COMPARISON,
    NO_VARIANCE,
    quadratic_form,
    score_test,
)

SCORE = np.array([1.0, 0.5, -1.5])
VARIANCE = np.array([[2.0, -0.5, -1.5], [-0.5, 1.0, -0.5], [-1.5, -0.5, 2.0]])


def test_which_group_is_left_out_changes_nothing() -> None:
    order = np.array([2, 0, 1])
    one = score_test(SCORE, VARIANCE, np.ones(3), 9)
    other = score_test(SCORE[order], VARIANCE[np.ix_(order, order)], np.ones(3), 9)
    assert (one.degrees_of_freedom, other.degrees_of_freedom) == (2, 2)
    assert one.statistic == pytest.approx(other.statistic)


def test_two_groups_give_the_square_of_z() -> None:
    found = score_test(np.array([1.5, -1.5]), np.array([[2.0, -2.0], [-2.0, 2.0]]), np.ones(2), 4)
    assert found.statistic == pytest.approx(1.5**2 / 2)


def test_a_group_that_takes_no_part_is_not_compared() -> None:
    found = score_test(SCORE, VARIANCE, np.array([1.0, 0.0, 0.0]), 9)
    assert (found.statistic, found.p, found.reason) == (None, None, NO_COMPARISON)


def test_a_variance_that_is_only_rounding_is_none() -> None:
    tiny = score_test(1e-9 * SCORE, 1e-16 * VARIANCE, np.ones(3), 9)
    assert (tiny.statistic, tiny.degrees_of_freedom, tiny.reason) == (None, 0, NO_VARIANCE)
    assert quadratic_form(SCORE, np.full((3, 3), np.nan), 0.0).reason == NO_VARIANCE


def test_of_a_variance_short_of_rank_only_what_it_spans_is_tested() -> None:
    found = quadratic_form(np.array([2.0, 0.0]), np.array([[4.0, 0.0], [0.0, 0.0]]), 0.0)
    assert (found.statistic, found.degrees_of_freedom) == (1.0, 1)
