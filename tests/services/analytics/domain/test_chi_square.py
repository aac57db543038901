import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from services.analytics.domain.chi_square import normal_upper_tail, upper_tail


@settings(deadline=None)
@given(st.floats(0, 600), st.integers(1, 12))
def test_the_tail_equals_that_of_scipy(x: float, degrees_of_freedom: int) -> None:
    expected = float(stats.chi2.sf(x, degrees_of_freedom))
    assert upper_tail(x, degrees_of_freedom) == pytest.approx(expected, rel=1e-11)


@settings(deadline=None)
@given(st.floats(-30, 30))
def test_the_normal_tail_equals_that_of_scipy(z: float) -> None:
    assert normal_upper_tail(z) == pytest.approx(float(stats.norm.sf(z)), rel=1e-11)


def test_two_degrees_of_freedom_give_an_exponential() -> None:
    assert upper_tail(3.0, 2) == math.exp(-1.5)


def test_no_degrees_of_freedom_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        upper_tail(1.0, 0)
