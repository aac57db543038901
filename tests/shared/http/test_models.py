"""The types of requests: nothing is coerced, completed or quietly dropped."""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.http.models import (
    EARLIEST,
    LATEST,
    Code,
    DecimalText,
    Instant,
    IsoDate,
    Model,
    Name,
    PartialIsoDate,
    Reason,
    SiteId,
    StudyId,
    SubjectId,
    Text,
    YearMonth,
)

DATE: TypeAdapter[date] = TypeAdapter(IsoDate)
INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
DECIMAL: TypeAdapter[Decimal] = TypeAdapter(DecimalText)
PARTIAL: TypeAdapter[str] = TypeAdapter(PartialIsoDate)
NUMBERS: list[Any] = [0, 1, 20260101, 1_700_000_000, 1.5, True, None, [], {}]


class Sample(Model):
    count: int
    share: float
    flag: bool
    word: str


GOOD: dict[str, Any] = {"count": 1, "share": 0.5, "flag": True, "word": "a"}


def refused(adapter: TypeAdapter[Any], value: object) -> None:
    with pytest.raises(ValidationError):
        adapter.validate_python(value)


@pytest.mark.parametrize(
    "changed",
    [
        {"count": True},
        {"count": "1"},
        {"count": 1.0},
        {"count": None},
        {"share": "0.5"},
        {"share": float("nan")},
        {"share": float("inf")},
        {"share": True},
        {"flag": 1},
        {"flag": "true"},
        {"flag": None},
        {"word": 1},
        {"word": b"a"},
        {"word": None},
        {"more": None},
        {"Count": 1},
    ],
)
def test_a_model_takes_exactly_what_it_declares(changed: dict[str, Any]) -> None:
    assert Sample.model_validate(GOOD)
    with pytest.raises(ValidationError):
        Sample.model_validate(GOOD | changed)


@pytest.mark.parametrize("missing", GOOD)
def test_a_model_completes_nothing(missing: str) -> None:
    with pytest.raises(ValidationError):
        Sample.model_validate({name: value for name, value in GOOD.items() if name != missing})


def test_a_model_does_not_change_after_it_was_checked() -> None:
    sample = Sample.model_validate(GOOD)
    with pytest.raises(ValidationError):
        setattr(sample, "count", 2)  # noqa: B010 (mypy knows it already)


@given(day=st.dates(EARLIEST, LATEST - timedelta(days=1)))
def test_a_date_is_read_back_as_it_was_written(day: date) -> None:
    assert DATE.validate_python(day.isoformat()) == day


NOT_DATES = [
    "2026-1-1", "20260101", "2026-W01-1", "2026-001", "01/02/2026", "2026-01", "2023-02-29",
    "2026-02-30", "2026-13-01", "2026-00-10", "2026-01-00", "2026-UN-UN", "0001-01-01",
    "1899-12-31", "2200-01-01", "9999-12-31", "-2026-01-01", "+2026-01-01", "2026-01-01T00:00:00Z",
    "2026-01-01 ", " 2026-01-01", "2026-01-01\n", "\uff12026-01-01", "", "",
]  # fmt: skip


@pytest.mark.parametrize("value", [*NUMBERS, *NOT_DATES, datetime(2026, 1, 1, tzinfo=UTC)])
def test_a_date_is_a_real_day_written_in_full(value: object) -> None:
    refused(DATE, value)


def test_the_29th_of_february_is_a_day_in_leap_years_only() -> None:
    assert DATE.validate_python("2024-02-29") == date(2024, 2, 29)
    assert DATE.validate_python("2000-02-29") == date(2000, 2, 29)
    refused(DATE, "2100-02-29")


OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@given(
    instant=st.datetimes(
        datetime(1900, 1, 3),  # noqa: DTZ001 (hypothesis adds the zone)
        datetime(2199, 12, 29),  # noqa: DTZ001
        timezones=OFFSETS,
    )
)
def test_an_instant_is_the_same_instant_in_utc(instant: datetime) -> None:
    read = INSTANT.validate_python(instant.isoformat())
    assert read == instant
    assert read.utcoffset() == timedelta(0)


NOT_INSTANTS = [
    "1700000000", "2026-01-01", "2026-01-01T10:00:00", "2026-01-01 10:00:00Z", "2026-01-01T10Z",
    "2026-01-01T10:00:00z", "2026-01-01t10:00:00Z", "20260101T100000Z", "2026-01-01T10:00:00+0100",
    "2026-01-01T10:00:00+01", "2026-01-01T10:00:00 +01:00", "2026-01-01T24:30:00Z",
    "2026-01-01T10:60:00Z", "2026-01-01T10:00:61Z", "2026-01-01T10:00:00+24:00",
    "2026-01-01T10:00:00+99:99", "2026-02-30T10:00:00Z", "2026-01-01T10:00:00.1234567Z",
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "1899-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "2026-01-01T10:00:00Z\n", "", "",
]  # fmt: skip
NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001


@pytest.mark.proves("C13", kind="negative")
@pytest.mark.parametrize("value", [*NUMBERS, *NOT_INSTANTS, NAIVE])
def test_an_instant_needs_an_offset_and_a_time_that_exists(value: object) -> None:
    refused(INSTANT, value)


def test_an_instant_that_leaves_the_years_in_utc_is_refused() -> None:
    refused(INSTANT, "1900-01-01T00:00:00+14:00")
    refused(INSTANT, "2199-12-31T23:00:00-05:00")


@given(number=st.decimals(-(10**15), 10**15, allow_nan=False, allow_infinity=False, places=6))
def test_a_decimal_keeps_its_value_and_its_places(number: Decimal) -> None:
    assert str(DECIMAL.validate_python(f"{number:f}")) == f"{number:f}"


NOT_DECIMALS = [
    "NaN", "sNaN", "Infinity", "-inf", "1e3", "1E+400", "+1", ".5", "1.", "1,5", "0x10", "1_000",
    " 1", "1 ", "1\n", "--1", "\u0661", "\xbd", "", "999999999999999999999",
    "0.111111111111111111111",
]  # fmt: skip


@pytest.mark.parametrize("value", [*NUMBERS, *NOT_DECIMALS])
def test_a_decimal_is_digits_in_a_text(value: object) -> None:
    refused(DECIMAL, value)


INVISIBLE = [
    "a\x00b", "a\x1bb", "a\rb", "a\u200bb", "a\u202eb", "\ufeffabc", "a\x7fb", "a\x85b", "", "   ",
    "\t\n \t", "\xa0\u2003\u3000",
]  # fmt: skip


@pytest.mark.parametrize("kind", [Text, Name, Reason])
@pytest.mark.parametrize("text", INVISIBLE)
def test_a_text_holds_something_and_nothing_invisible(kind: Any, text: str) -> None:
    refused(TypeAdapter(kind), text)


def test_a_text_is_stored_in_one_spelling() -> None:
    adapter: TypeAdapter[str] = TypeAdapter(Text)
    assert adapter.validate_python("Zde\u030cna\n\tdruhý") == "Zd\u011bna\n\tdruhý"


NOT_CODES = [
    "", "-S01", "S01\n", " S01", "S01 ", "S01,S02", "S01/..", "S%30", "S\u0301", "\uff3301",
    "\u0661", "'", "S01\x00", "S\"1", "S01;", "*",
]  # fmt: skip


@pytest.mark.parametrize("kind", [SiteId, SubjectId, StudyId, Code, YearMonth])
@pytest.mark.parametrize("text", [*NOT_CODES, "S" * 200])
def test_a_code_is_plain_ascii_that_needs_no_escaping(kind: Any, text: str) -> None:
    refused(TypeAdapter(kind), text)


@pytest.mark.parametrize("value", ["2015-00", "2015-13", "1899-12", "2200-01", "2015-6", "2015"])
def test_a_month_exists_and_is_of_our_times(value: str) -> None:
    refused(TypeAdapter(YearMonth), value)


def pattern_of(adapter: TypeAdapter[Any]) -> re.Pattern[str]:
    """What the description says of a type."""
    return re.compile(adapter.json_schema()["pattern"])


def takes(adapter: TypeAdapter[Any], value: str) -> bool:
    try:
        adapter.validate_python(value)
    except ValidationError:
        return False
    return True


def test_the_description_of_a_text_names_every_character_that_is_refused() -> None:
    unplain = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) in {"Cc", "Cf"}]
    texts = [
        *unplain,
        *(f"a{c}b" for c in unplain),
        " ",
        "\u2003",
        "a",
        " a ",
        "\u202fa",
        "\U0001f9d2",
    ]
    pattern, adapter = pattern_of(TypeAdapter(Text)), TypeAdapter(Text)
    assert [t for t in texts if bool(pattern.search(t)) != takes(adapter, t)] == []


@pytest.mark.parametrize(
    ("adapter", "value"),
    [
        (DATE, "1899-12-31"), (DATE, "1900-01-01"), (DATE, "2199-12-31"), (DATE, "2200-01-01"),
        (INSTANT, "1900-01-02T00:00:00Z"), (INSTANT, "1899-12-30T00:00:00Z"),
        (INSTANT, "2016-12-31T23:59:60Z"), (INSTANT, "2024-02-20T09:30:00"),
        (INSTANT, "2024-02-20T09:30:00.1234567Z"), (INSTANT, "2024-02-20 09:30:00Z"),
        (PARTIAL, "2024-13"), (PARTIAL, "2024-00"), (PARTIAL, "2024"), (PARTIAL, "1899-01"),
        (DECIMAL, "1.5"), (DECIMAL, "x1.5"), (DECIMAL, "1.5 "), (DECIMAL, "1e3"),
    ],
)  # fmt: skip
def test_the_description_of_a_value_takes_no_more_than_the_service(
    adapter: TypeAdapter[Any], value: str
) -> None:
    assert bool(pattern_of(adapter).search(value)) == takes(adapter, value)


def test_the_description_of_a_partial_date_takes_every_day_that_there_was_and_no_other() -> None:
    pattern = pattern_of(PARTIAL)
    days = [
        f"{year}-{month:02}-{day:02}"
        for year in range(1899, 2201)
        for month in range(14)
        for day in range(33)
    ]
    assert [day for day in days if bool(pattern.search(day)) != takes(PARTIAL, day)] == []
