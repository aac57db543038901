"""When a message is sent again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.safety.webhooks.retries import ladder, next_attempt, read_retry_after

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def test_the_ladder_is_dense_at_first_and_outlasts_a_weekend() -> None:
    seconds = [delay.total_seconds() for delay in ladder().delays]
    assert seconds[:10] == [0, 5, 30, 120, 300, 900, 1800, 3600, 7200, 14400]
    assert set(seconds[9:]) == {14400}
    # 92 to 96 hours: one more step of four hours would be beyond.
    assert 92 * 3600 < sum(seconds) <= 96 * 3600


@pytest.mark.parametrize(("made", "seconds"), [(1, 5), (2, 30), (3, 120), (8, 7200), (20, 14400)])
def test_each_failure_takes_the_next_step(made: int, seconds: int) -> None:
    assert next_attempt(ladder(), made, NOW, chance=0.5) == NOW + timedelta(seconds=seconds)


def test_after_the_last_step_the_message_is_given_up() -> None:
    steps = len(ladder().delays)
    assert next_attempt(ladder(), steps - 1, NOW, chance=0.5) is not None
    assert next_attempt(ladder(), steps, NOW, chance=0.5) is None


@settings(deadline=None)
@given(st.floats(0, 1), st.integers(1, 20))
def test_jitter_stays_within_its_share(chance: float, made: int) -> None:
    due = next_attempt(ladder(), made, NOW, chance=chance)
    assert due is not None
    assert 0.8 <= (due - NOW) / ladder().delays[made] <= 1.2


def test_a_receiver_may_ask_for_patience_but_not_for_years() -> None:
    def after(seconds: int) -> timedelta:
        asked = timedelta(seconds=seconds)
        due = next_attempt(ladder(), 1, NOW, chance=0.5, retry_after=asked)
        assert due is not None
        return due - NOW

    assert after(90) == timedelta(seconds=90)
    assert after(1) == timedelta(seconds=5)
    assert after(10**9) == timedelta(hours=4)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120),
        (" 7 ", 7),
        ("Mon, 01 Jun 2026 12:01:30 GMT", 90),
        ("Mon, 01 Jun 2026 11:00:00 GMT", 0),
        ("9" * 5000, 10**8),
        ("-5", None),
        ("soon", None),
        ("٣", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(
    header: str | None, seconds: int | None
) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert read_retry_after(header, NOW) == expected
