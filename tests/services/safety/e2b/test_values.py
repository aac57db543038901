"""Dates as they go on the wire: precision, zone, and what lies in the future."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.safety.e2b.values import Precision, Stamp, instant


@pytest.mark.parametrize(
    ("text", "precision", "zone"),
    [
        ("2026", Precision.YEAR, False),
        ("202604", Precision.MONTH, False),
        ("20260407", Precision.DAY, False),
        ("2026040710", Precision.HOUR, False),
        ("202604071015", Precision.MINUTE, False),
        ("20260407101500", Precision.SECOND, False),
        ("20260407101500.0001+0200", Precision.SECOND, True),
        ("20260407101500-05", Precision.SECOND, True),
        ("20240229", Precision.DAY, False),
    ],
)
def test_a_date_is_as_exact_as_it_is_long(text: str, precision: Precision, zone: bool) -> None:
    assert (Stamp(text).precision, Stamp(text).has_zone) == (precision, zone)


@pytest.mark.parametrize(
    "text", ["", "20260229", "20261301", "2026-04-07", "2026040", "20260407256000", "0000", "٢٠٢٦"]
)
def test_what_is_no_date_has_no_precision(text: str) -> None:
    assert Stamp(text).precision is None
    assert Stamp(text).earliest() is None


def test_an_instant_is_read_in_its_own_zone() -> None:
    assert Stamp("20260220233000-0500").earliest() == datetime(2026, 2, 21, 4, 30, tzinfo=UTC)


def test_a_day_without_zone_begins_where_days_begin_first() -> None:
    assert Stamp("20260407").earliest() == datetime(2026, 4, 6, 10, tzinfo=UTC)


def test_an_instant_is_written_with_its_offset_and_needs_one() -> None:
    moment = datetime(2026, 4, 7, 10, 15, tzinfo=timezone(timedelta(hours=2)))
    assert instant(moment) == Stamp("20260407101500+0200")
    with pytest.raises(ValueError, match="offset"):
        instant(moment.replace(tzinfo=None))


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_is_none(text: str) -> None:
    stamp = Stamp(text)
    assert (stamp.precision is None) <= (stamp.earliest() is None)
