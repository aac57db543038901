import calendar
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.topology.schedule import next_fire

ZONES = st.sampled_from(
    [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",  # half an hour of daylight saving
        "America/Santiago",  # changes at midnight
        "Pacific/Apia",  # had no 30 December 2011
        "Asia/Kolkata",
    ]
)
INSTANTS = st.integers(
    int(datetime(2009, 1, 1, tzinfo=UTC).timestamp()),
    int(datetime(2031, 1, 1, tzinfo=UTC).timestamp()),
).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
MONTHS = [name.upper() for name in calendar.month_abbr[1:]]
WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "timezone", "after", "expected"),
    [
        ("cron(30 2 * * ? *)", "UTC", "2026-05-01T02:29:59", "2026-05-01T02:30"),
        ("cron(30 2 * * ? *)", "UTC", "2026-05-01T02:30:00", "2026-05-02T02:30"),
        ("cron(30 2 * * ? *)", "Europe/Berlin", "2026-07-01T00:00", "2026-07-01T00:30"),
        ("cron(30 2 * * ? *)", "Europe/Berlin", "2026-01-10T00:00", "2026-01-10T01:30"),
        ("cron(0 0 1 JAN ? *)", "UTC", "2026-01-01T00:00", "2027-01-01T00:00"),
        ("cron(0 12 ? * MON-FRI *)", "UTC", "2026-05-01T12:00", "2026-05-04T12:00"),
        ("cron(0 12 ? * 2-6 *)", "UTC", "2026-05-01T12:00", "2026-05-04T12:00"),
        ("cron(0 12 ? * 1 *)", "UTC", "2026-05-01T12:00", "2026-05-03T12:00"),
        ("cron(5/20 8,20 * * ? *)", "UTC", "2026-05-01T08:45", "2026-05-01T20:05"),
        ("cron(*/20 8 * * ? *)", "UTC", "2026-05-01T08:20", "2026-05-01T08:40"),
        ("cron(0-10/5 * * * ? *)", "UTC", "2026-05-01T08:10", "2026-05-01T09:00"),
        ("cron(0 0 31 * ? *)", "UTC", "2026-03-31T00:00", "2026-05-31T00:00"),
        ("cron(0 0 29 2 ? *)", "UTC", "2026-03-01T00:00", "2028-02-29T00:00"),
        ("cron(0 0 1 4-12/4 ? 2027,2030)", "UTC", "2027-12-31T00:00", "2030-04-01T00:00"),
        ("rate(1 minute)", "UTC", "2026-05-01T08:45:30", "2026-05-01T08:46"),
        ("rate(5 minutes)", "UTC", "2026-05-01T08:45", "2026-05-01T08:50"),
        ("rate(6 hours)", "UTC", "2026-05-01T08:45", "2026-05-01T12:00"),
        ("rate(1 day)", "America/New_York", "2026-05-01T08:45", "2026-05-02T00:00"),
    ],
)
def test_a_schedule_fires_next_at_the_first_matching_instant(
    expression: str, timezone: str, after: str, expected: str
) -> None:
    fires = next_fire(expression, timezone, utc(after))
    assert fires == utc(expected)
    assert fires.tzinfo is UTC


def test_a_time_that_the_clock_change_skips_does_not_fire_that_day() -> None:
    # In Berlin, 29 March 2026 has no 02:30.
    first = next_fire("cron(30 2 * * ? *)", "Europe/Berlin", utc("2026-03-28T12:00"))
    assert first == utc("2026-03-30T00:30")


def test_a_time_that_the_clock_change_repeats_fires_once_at_its_first_occurrence() -> None:
    # In Berlin, 25 October 2026 has 02:30 at 00:30 and at 01:30 UTC.
    first = next_fire("cron(30 2 * * ? *)", "Europe/Berlin", utc("2026-10-24T12:00"))
    assert first == utc("2026-10-25T00:30")
    assert next_fire("cron(30 2 * * ? *)", "Europe/Berlin", first) == utc("2026-10-26T01:30")


def test_a_day_that_a_zone_left_out_has_no_fires() -> None:
    first = next_fire("cron(0 12 * * ? *)", "Pacific/Apia", utc("2011-12-29T22:00"))
    assert first.astimezone(ZoneInfo("Pacific/Apia")).date().isoformat() == "2011-12-31"


def test_the_zone_of_the_given_instant_does_not_matter() -> None:
    after = utc("2026-05-01T02:29")
    elsewhere = after.astimezone(ZoneInfo("Asia/Kolkata"))
    expression = "cron(30 2 * * ? *)"
    assert next_fire(expression, "UTC", after) == next_fire(expression, "UTC", elsewhere)


def field(least: int, most: int, names: list[str], steps: bool) -> st.SearchStrategy[str]:
    """A cron field; names stand for the values from ``least`` on."""

    def written(value: int) -> st.SearchStrategy[str]:
        forms = [str(value)] + ([names[value - least]] if names else [])
        return st.sampled_from(forms)

    numbers = st.integers(least, most)
    single = numbers.flatmap(written)
    ranged = st.tuples(numbers, numbers).map(sorted).map(lambda pair: f"{pair[0]}-{pair[1]}")
    parts = single | ranged | st.just("*")
    if steps:
        step = st.integers(1, most - least)
        parts |= st.builds("{}/{}".format, single | ranged | st.just("*"), step)
    return st.lists(parts, min_size=1, max_size=3).map(",".join)


DAYS = field(1, 31, [], steps=True).map(lambda text: f"1,{text}")  # every month has a first
FIELDS = st.tuples(
    field(0, 59, [], steps=True),
    field(0, 23, [], steps=True),
    st.one_of(
        DAYS.map(lambda days: (days, "?")),
        field(1, 7, WEEKDAYS, steps=False).map(lambda days: ("?", days)),
    ),
    field(1, 12, MONTHS, steps=True),
)


def expanded(text: str, least: int, most: int, names: list[str]) -> Callable[[int], bool]:
    """An independent reading of a cron field: a test on a value."""

    def number(token: str) -> int:
        return names.index(token) + least if token in names else int(token)

    def holds(value: int) -> bool:
        for part in text.split(","):
            span, _, step = part.partition("/")
            low, _, high = span.partition("-")
            start = least if span == "*" else number(low)
            end = number(high) if high else (most if step or span == "*" else start)
            if start <= value <= end and (value - start) % int(step or 1) == 0:
                return True
        return False

    return holds


@given(FIELDS, ZONES, INSTANTS)
def test_a_cron_schedule_fires_in_order_at_minutes_that_match_its_fields(
    fields: tuple[str, str, tuple[str, str], str], timezone: str, after: datetime
) -> None:
    minutes, hours, (days, weekdays), months = fields
    expression = f"cron({minutes} {hours} {days} {months} {weekdays} *)"
    fires = [after]
    for _ in range(6):
        fires.append(next_fire(expression, timezone, fires[-1]))
    assert all(earlier < later for earlier, later in pairwise(fires))
    for fire in fires[1:]:
        wall = fire.astimezone(ZoneInfo(timezone))
        assert (wall.second, wall.microsecond) == (0, 0)
        assert wall.fold == 0
        assert expanded(minutes, 0, 59, [])(wall.minute)
        assert expanded(hours, 0, 23, [])(wall.hour)
        assert expanded(months, 1, 12, MONTHS)(wall.month)
        assert days == "?" or expanded(days, 1, 31, [])(wall.day)
        assert weekdays == "?" or expanded(weekdays, 1, 7, WEEKDAYS)(wall.isoweekday() % 7 + 1)


@given(FIELDS, ZONES, INSTANTS)
def test_no_matching_minute_is_left_out_before_the_next_fire(
    fields: tuple[str, str, tuple[str, str], str], timezone: str, after: datetime
) -> None:
    minutes, hours, (days, weekdays), months = fields
    fire = next_fire(f"cron({minutes} {hours} {days} {months} {weekdays} *)", timezone, after)
    moment = after.replace(second=0, microsecond=0) + timedelta(minutes=1)
    is_minute, is_hour = expanded(minutes, 0, 59, []), expanded(hours, 0, 23, [])
    is_month = expanded(months, 1, 12, MONTHS)
    for _ in range(min(int((fire - moment) / timedelta(minutes=1)), 3_000)):
        wall = moment.astimezone(ZoneInfo(timezone))
        assert not (
            wall.fold == 0
            and is_minute(wall.minute)
            and is_hour(wall.hour)
            and is_month(wall.month)
            and (days == "?" or expanded(days, 1, 31, [])(wall.day))
            and (weekdays == "?" or expanded(weekdays, 1, 7, WEEKDAYS)(wall.isoweekday() % 7 + 1))
        )
        moment += timedelta(minutes=1)


@given(st.integers(2, 999), st.sampled_from(["minutes", "hours", "days"]), INSTANTS)
def test_a_rate_fires_at_equal_distances_whoever_asks(
    value: int, unit: str, after: datetime
) -> None:
    expression, interval = f"rate({value} {unit})", timedelta(**{unit: value})
    first = next_fire(expression, "Europe/Berlin", after)
    assert timedelta(0) < first - after <= interval
    assert next_fire(expression, "UTC", first) - first == interval
    between = after + (first - after) / 2
    assert next_fire(expression, "UTC", between) == first
