import math

import pytest

from services.analytics.domain.estimate import Estimate, Statistic, normal_quantile


def statistic(estimate: Estimate) -> Statistic:
    return Statistic("rate", estimate, "proportion", {}, "probability")


@pytest.mark.parametrize(
    "estimate",
    [Estimate(math.nan), Estimate(1.0, -math.inf, 2.0), Estimate(1.0, 0.0, math.nan)],
)
def test_a_number_that_is_not_finite_never_leaves_an_estimator(estimate: Estimate) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        statistic(estimate)


def test_a_missing_value_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        statistic(Estimate(None))
    assert statistic(Estimate(None, reason="no events")).estimate.reason == "no events"


def test_the_normal_quantile_is_that_of_a_two_sided_interval() -> None:
    assert normal_quantile(0.95) == pytest.approx(1.959963984540054, abs=1e-15)
    assert normal_quantile(0.5) == pytest.approx(0.6744897501960817, abs=1e-15)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, math.nan])
def test_a_level_lies_inside_the_unit_interval(level: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        normal_quantile(level)
