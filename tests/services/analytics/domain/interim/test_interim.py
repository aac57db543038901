"""What holds for every boundary, and closed forms of one look."""

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.interim.boundaries import (
    SPENDS_NOTHING,
    Shape,
    shaped_boundary,
    spending_boundary,
)
from services.analytics.domain.interim.conditional_power import Trend, conditional_power
from services.analytics.domain.interim.spending import Spending, spent
from tests.support.examples import examples

NORMAL = NormalDist()
SHARES = st.lists(
    st.integers(1, 20).map(lambda part: part / 20), min_size=1, max_size=4, unique=True
).map(sorted)


@pytest.mark.parametrize("function", list(Spending))
def test_all_of_the_error_is_spent_at_full_information_and_none_of_it_early(
    function: Spending,
) -> None:
    assert spent(function, 0.025, 1.0) == pytest.approx(0.025)
    shares = [spent(function, 0.025, share / 10) for share in range(1, 11)]
    assert shares == sorted(shares)


@pytest.mark.parametrize("shape", list(Shape))
def test_one_look_is_a_test_of_fixed_size(shape: Shape) -> None:
    look = shaped_boundary(shape, 0.025, [1.0]).looks[0]
    assert look.z.value == pytest.approx(NORMAL.inv_cdf(0.975), abs=1e-9)
    assert look.p_one_sided == pytest.approx(0.025)


def test_after_a_look_that_spends_nothing_the_last_one_is_a_test_of_fixed_size() -> None:
    # At a hundredth of the information the bound is beyond 20 standard deviations.
    boundary = spending_boundary(Spending.OBRIEN_FLEMING, 0.025, [0.01, 1.0])
    assert (boundary.looks[0].z.value, boundary.looks[0].z.reason) == (None, SPENDS_NOTHING)
    assert boundary.looks[1].z.value == pytest.approx(NORMAL.inv_cdf(0.975), abs=1e-8)
    reasons = [row.estimate.reason for row in boundary.statistics()]
    assert reasons == [SPENDS_NOTHING, SPENDS_NOTHING, None, None]


@pytest.mark.parametrize("information", [[], [0.5, 0.5], [0.6, 0.4], [0.0, 1.0], [0.5, 1.1]])
def test_shares_of_information_rise_within_the_unit_interval(information: list[float]) -> None:
    with pytest.raises(ValueError, match="rise"):
        spending_boundary(Spending.POCOCK, 0.025, information)
    with pytest.raises(ValueError, match="rise"):
        shaped_boundary(Shape.POCOCK, 0.025, information)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_the_error_is_one_sided_and_below_one_half(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        spending_boundary(Spending.POCOCK, alpha, [1.0])
    with pytest.raises(ValueError, match="alpha"):
        shaped_boundary(Shape.POCOCK, alpha, [1.0])


@examples(0.8)
@given(SHARES, st.sampled_from([0.005, 0.025, 0.05]), st.sampled_from(list(Spending)))
def test_the_looks_together_spend_what_the_function_allows(
    information: list[float], alpha: float, function: Spending
) -> None:
    boundary = spending_boundary(function, alpha, information)
    assert boundary.looks[-1].spent == pytest.approx(spent(function, alpha, information[-1]))
    for look in boundary.looks:
        if look.p_one_sided is not None:
            assert look.p_one_sided <= look.spent * (1 + 1e-9)


@examples(0.2)
@given(SHARES)
def test_shapes_keep_their_form_and_spend_alpha(information: list[float]) -> None:
    pocock = shaped_boundary(Shape.POCOCK, 0.025, information)
    assert len({look.z.value for look in pocock.looks}) == 1
    fleming = shaped_boundary(Shape.OBRIEN_FLEMING, 0.025, information)
    constants = [(look.z.value or 0) * math.sqrt(look.information) for look in fleming.looks]
    assert constants == pytest.approx([constants[0]] * len(constants))
    for boundary in (pocock, fleming):
        assert boundary.looks[-1].spent == pytest.approx(0.025, rel=1e-8)


def test_conditional_power_by_hand() -> None:
    # B = 1 at t = 1/4 with z = 2; 1.96 is 0.96 away under no effect.
    assert conditional_power(2.0, 0.25, 1.96, Trend.NULL).power == pytest.approx(
        1 - NORMAL.cdf(0.96 / math.sqrt(0.75))
    )
    # The trend seen so far is 2 / sqrt(1/4) = 4, so B moves on by 3.
    assert conditional_power(2.0, 0.25, 1.96, Trend.CURRENT).power == pytest.approx(
        NORMAL.cdf((3 - 0.96) / math.sqrt(0.75))
    )
    found = conditional_power(2.0, 0.25, 1.96, Trend.DESIGN, drift=3.0)
    assert found.power == pytest.approx(NORMAL.cdf((2.25 - 0.96) / math.sqrt(0.75)))
    assert found.statistics()[0].convention["trend"] == "the effect of the design"


def test_a_drift_is_given_for_the_design_and_for_nothing_else() -> None:
    with pytest.raises(ValueError, match="drift"):
        conditional_power(2.0, 0.25, 1.96, Trend.DESIGN)
    with pytest.raises(ValueError, match="drift"):
        conditional_power(2.0, 0.25, 1.96, Trend.NULL, drift=3.0)
    with pytest.raises(ValueError, match="information"):
        conditional_power(2.0, 1.0, 1.96, Trend.NULL)
