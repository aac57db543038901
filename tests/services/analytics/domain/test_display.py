import pytest

from services.analytics.domain.display import decimals, listed, p_value, percent, with_limits
from services.analytics.domain.estimate import Estimate


@pytest.mark.parametrize(
    ("number", "places", "text"),
    [
        (0.125, 2, "0.13"),  # half to even would print 0.12
        (2.5, 0, "3"),
        (-0.125, 2, "-0.13"),
        (1.005, 2, "1.01"),  # as printed in decimal, not as stored in binary
        (23.0, 1, "23.0"),
        (None, 1, "NE"),
    ],
)
def test_halves_are_rounded_away_from_zero(number: float | None, places: int, text: str) -> None:
    assert decimals(number, places) == text


def test_a_missing_limit_is_printed_as_not_estimable() -> None:
    assert with_limits(Estimate(23.0, 13.0, None), 1) == "23.0 (13.0\N{EN DASH}NE)"
    assert with_limits(Estimate(None, 8.882, None), 1) == "NE (8.9\N{EN DASH}NE)"
    assert with_limits(Estimate(None), 1) == "NE"


def test_a_dash_is_not_read_as_the_sign_of_a_negative_limit() -> None:
    assert with_limits(Estimate(0.18, -0.12, 0.43), 2) == "0.18 (-0.12 to 0.43)"
    assert with_limits(Estimate(-0.2, -0.5, -0.1), 1) == "-0.2 (-0.5 to -0.1)"


@pytest.mark.parametrize(
    ("p", "text"),
    [(4.2e-05, "< 0.0001"), (0.0001, "= 0.0001"), (0.92772, "= 0.9277"), (None, "NE")],
)
def test_small_p_values_are_printed_as_a_bound(p: float | None, text: str) -> None:
    assert p_value(p) == text


def test_levels_are_printed_without_needless_decimals() -> None:
    assert (percent(0.95), percent(0.995)) == ("95 %", "99.5 %")


def test_empty_parts_are_left_out_of_a_list() -> None:
    assert listed(("a", "", "b")) == "a \N{MIDDLE DOT} b"
