"""Exposure-adjusted incidence with exact limits."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from services.analytics.domain.rates.incidence_rate import (
    NO_TIME,
    incidence_rate,
    poisson_limits,
)


def test_without_an_event_the_upper_limit_is_a_logarithm() -> None:
    found = incidence_rate(0, 50.0, 0.95, per=100.0).rate
    assert (found.value, found.lower) == (0.0, 0.0)
    assert found.upper == pytest.approx(2 * -math.log(0.025))


def test_the_rate_is_events_over_time_in_the_unit_asked_for() -> None:
    found = incidence_rate(3, 50.0, 0.95, per=100.0)
    assert found.rate.value == 6.0
    row = found.statistics()[0]
    assert (row.convention["per"], row.convention["person_time"]) == (100.0, 50.0)


def test_without_time_at_risk_there_is_no_rate() -> None:
    assert incidence_rate(0, 0.0, 0.95).rate.reason == NO_TIME


@pytest.mark.parametrize(("events", "time"), [(-1, 1.0), (1, -1.0), (1, math.inf), (1, math.nan)])
def test_negative_or_infinite_counts_and_times_are_errors(events: int, time: float) -> None:
    with pytest.raises(ValueError, match="negative"):
        incidence_rate(events, time, 0.95)


@settings(deadline=None)
@given(st.integers(0, 400), st.floats(0.5, 0.999))
def test_limits_are_quantiles_of_chi_square(events: int, level: float) -> None:
    tail = (1 - level) / 2
    lower = float(chi2.ppf(tail, 2 * events)) / 2 if events else 0.0
    upper = float(chi2.ppf(1 - tail, 2 * events + 2)) / 2
    assert poisson_limits(events, level) == pytest.approx((lower, upper), rel=1e-9)
    assert lower <= events <= upper
