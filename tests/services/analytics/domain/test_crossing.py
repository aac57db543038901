import math

import pytest

from services.analytics.domain.crossing import crossing


def test_a_crossing_is_found_to_the_last_digits() -> None:
    assert crossing(lambda x: 2.0 - x * x, 0.0, 2.0) == pytest.approx(math.sqrt(2), rel=1e-15)


def test_a_jump_is_found_where_the_sign_changes() -> None:
    assert crossing(lambda x: 1.0 if x < 0.25 else -math.inf, 0.0, 1.0) == pytest.approx(0.25)


def test_without_a_change_of_sign_an_end_is_the_answer() -> None:
    assert crossing(lambda x: 1.0 - x / 2.0, 0.0, 1.0) == 1.0
    assert crossing(lambda x: -1.0, 0.0, 1.0) == 0.0


def test_the_ends_themselves_are_never_asked() -> None:
    asked: list[float] = []

    def falling(x: float) -> float:
        asked.append(x)
        return 1.0 / x - 1.0 / (1.0 - x)

    assert crossing(falling, 0.0, 1.0) == pytest.approx(0.5)
    assert all(0.0 < x < 1.0 for x in asked)
