"""The probability that correlated normal variables lie below a limit, against other ways to it."""

from statistics import NormalDist

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_normal

from services.analytics.domain.normal_probability import all_within

TOGETHER = np.array([[1.0, 0.8, 0.3], [0.8, 1.0, 0.5], [0.3, 0.5, 1.0]])


@pytest.mark.parametrize("limit", [-0.7, 0.5, 2.0])
@pytest.mark.parametrize(("variables", "error"), [(1, 1e-12), (2, 1e-7), (3, 1e-5), (4, 1e-4)])
def test_independent_variables_multiply(variables: int, error: float, limit: float) -> None:
    alone, one = np.eye(variables), NormalDist().cdf(limit)
    below = all_within(alone, limit, both_sides=False)
    assert below == pytest.approx(one**variables, abs=error)
    inside = max(2.0 * one - 1.0, 0.0)
    within = all_within(alone, limit, both_sides=True)
    assert within == pytest.approx(inside**variables, abs=error)


@pytest.mark.parametrize("limit", [-0.5, 1.0, 2.2])
def test_correlated_ones_as_scipy_integrates_them(limit: float) -> None:
    expected = multivariate_normal.cdf([limit] * 3, cov=TOGETHER, abseps=1e-7, rng=1)
    assert all_within(TOGETHER, limit, both_sides=False) == pytest.approx(expected, abs=2e-5)


def test_a_variable_that_is_a_sum_of_others_is_no_special_case() -> None:
    # Z3 = (Z1 + Z2) / sqrt 2 of independent ones: given Z1, Z2 has to be below the lower of two.
    loadings = np.array([[1.0, 0.0], [0.0, 1.0], [0.5**0.5, 0.5**0.5]])
    normal = NormalDist()
    expected, _ = quad(
        lambda z: normal.pdf(z) * normal.cdf(min(1.0, 2**0.5 - z)), -9.0, 1.0, points=[2**0.5 - 1]
    )
    found = all_within(loadings @ loadings.T, 1.0, both_sides=False)
    assert found == pytest.approx(expected, abs=1e-7)


def test_the_same_variable_twice_is_one() -> None:
    twice = np.ones((2, 2))
    assert all_within(twice, 1.5, both_sides=False) == pytest.approx(NormalDist().cdf(1.5))


def test_more_dimensions_than_can_be_integrated_are_refused() -> None:
    with pytest.raises(ValueError, match="rank 5"):
        all_within(np.eye(5), 1.0, both_sides=True)
