"""When a message is sent again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.safety.webhooks.retries import ladder, next_attempt, read_retry_after

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def test_the_ladder_is_dense_at_first_and_outlasts_a_weekend() -> None:
    seconds = [ladder().delay(made).total_seconds() for made in range(12)]
    assert seconds == [0, 5, 30, 120, 300, 900, 1800, 3600, 7200, 14400, 14400, 14400]
    assert ladder().until == timedelta(hours=96)


@pytest.mark.parametrize(("made", "seconds"), [(1, 5), (2, 30), (3, 120), (8, 7200), (20, 14400)])
def test_each_failure_takes_the_next_step(made: int, seconds: int) -> None:
    assert next_attempt(ladder(), made, NOW, NOW, chance=0.5) == NOW + timedelta(seconds=seconds)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_whatever_the_jitter_the_last_attempt_lies_96_hours_after_the_first(
    chances: list[float],
) -> None:
    made, last, due = 0, NOW, NOW
    while due is not None:
        made, last = made + 1, due
        chance = chances[made % len(chances)]
        due = next_attempt(ladder(), made, NOW, last, chance=chance)
    # A step that begins before the 96 hours are over may end up to 4.8 hours after them.
    assert timedelta(hours=96) <= last - NOW < timedelta(hours=96 + 4.8)


def test_time_in_which_nothing_was_tried_ends_no_ladder() -> None:
    """A sender that was down for a week makes its first attempt, and has the whole ladder left."""
    after_a_week = NOW + timedelta(days=7)
    assert next_attempt(ladder(), 1, after_a_week, after_a_week, chance=0.5) is not None


@settings(deadline=None)
@given(st.floats(0, 1), st.integers(1, 20))
def test_jitter_stays_within_its_share(chance: float, made: int) -> None:
    due = next_attempt(ladder(), made, NOW, NOW, chance=chance)
    assert due is not None
    assert 0.8 <= (due - NOW) / ladder().delay(made) <= 1.2


def test_a_receiver_may_ask_for_patience_but_not_for_years() -> None:
    def after(seconds: int) -> timedelta:
        asked = timedelta(seconds=seconds)
        due = next_attempt(ladder(), 1, NOW, NOW, chance=0.5, retry_after=asked)
        assert due is not None
        return due - NOW

    assert after(90) == timedelta(seconds=90)
    assert after(1) == timedelta(seconds=5)
    assert after(10**9) == timedelta(hours=4)


@settings(deadline=None)
@given(st.text() | st.from_regex(r"\A[A-Z][a-z]{2}, \d{1,9} [A-Z][a-z]{2} \d{1,9} .{0,30}\Z"))
def test_whatever_a_receiver_asks_for_is_read_without_a_fault(header: str) -> None:
    asked = read_retry_after(header, NOW)
    assert asked is None or asked >= timedelta(0)


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
        ("Mon, 01 Jun 2026 12:01:30 +" + "9" * 14, None),
        ("Mon, " + "9" * 25 + " Jun 2026 12:01:30 GMT", None),
        ("٣", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(
    header: str | None, seconds: int | None
) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert read_retry_after(header, NOW) == expected
