import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.ticks import MOST_TICKS, time_ticks


@pytest.mark.parametrize(
    ("longest", "unit", "ticks"),
    [
        (0, "months", (0, 1)),
        (23.4, "months", (0, 3, 6, 9, 12, 15, 18, 21, 24)),
        (41, "months", (0, 6, 12, 18, 24, 30, 36, 42)),
        (60, "months", (0, 12, 24, 36, 48, 60)),
        (35, "weeks", (0, 5, 10, 15, 20, 25, 30, 35)),
        (999, "days", (0, 200, 400, 600, 800, 1000)),
        (3000, "months", (0, 500, 1000, 1500, 2000, 2500, 3000)),
    ],
)
def test_steps_are_those_readers_of_the_unit_expect(
    longest: float, unit: str, ticks: tuple[float, ...]
) -> None:
    assert time_ticks(longest, unit) == ticks


@settings(deadline=None)
@given(st.floats(0, 1e6), st.sampled_from(["days", "weeks", "months", "years"]))
def test_there_are_two_to_nine_ticks_and_they_cover_the_data(longest: float, unit: str) -> None:
    ticks = time_ticks(longest, unit)
    step = ticks[1]
    assert 2 <= len(ticks) <= MOST_TICKS
    assert ticks[-1] >= longest - step / 2 - 1e-9
