"""Raw values become typed values of their item, or are refused by a stable code."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.study.dates import PartialDate, Period
from shared.study.forms import Item
from shared.study.values import ValueRefusedError, parse_value


def item(kind: str, **attributes: Any) -> Item:
    needed: dict[str, dict[str, Any]] = {
        "code": {"codes": ({"code": "CR", "label": "CR"},)},
        "text": {"max_length": 5},
    }
    extra = needed.get(kind, {})
    return Item.model_validate({"id": "x", "label": "X", "type": kind, **extra, **attributes})


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("boolean", True, True),
        ("integer", 3, 3),
        ("decimal", "0.00005", Decimal("0.00005")),
        ("decimal", 3, Decimal(3)),
        ("code", "CR", "CR"),
        ("text", "héllo", "héllo"),
        ("date", "2024-02-29", date(2024, 2, 29)),
        ("datetime", "2024-02-29T10:00:00+01:00", datetime.fromisoformat("2024-02-29T09:00Z")),
    ],
)
def test_a_fitting_value_is_typed(kind: str, raw: object, value: object) -> None:
    parsed = parse_value(item(kind), raw)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("kind", "raw", "code"),
    [
        ("boolean", 1, "type_mismatch"),
        ("boolean", "true", "type_mismatch"),
        ("integer", True, "type_mismatch"),
        ("integer", 1.0, "type_mismatch"),
        ("integer", "1", "type_mismatch"),
        ("decimal", 0.1, "type_mismatch"),
        ("decimal", float("nan"), "type_mismatch"),
        ("decimal", "NaN", "type_mismatch"),
        ("decimal", "Infinity", "type_mismatch"),
        ("decimal", "1e3", "type_mismatch"),
        ("decimal", "1_0", "type_mismatch"),
        ("decimal", "٣", "type_mismatch"),
        ("decimal", "1\n", "type_mismatch"),
        ("decimal", True, "type_mismatch"),
        ("decimal", None, "type_mismatch"),
        ("code", "PR", "not_in_codelist"),
        ("code", 1, "type_mismatch"),
        ("text", "abcdef", "too_long"),
        ("text", "a\x00b", "type_mismatch"),
        ("date", "2023-02-29", "date_invalid"),
        ("date", "2024-2-9", "date_invalid"),
        ("date", "2024-W05-1", "date_invalid"),
        ("date", "20240229", "date_invalid"),
        ("date", "2024-02", "date_invalid"),
        ("date", "0000-01-01", "date_invalid"),
        ("date", "2024-02-29T00:00:00", "date_invalid"),
        ("date", 20240229, "type_mismatch"),
        ("datetime", "2024-02-29T10:00:00", "date_invalid"),
        ("datetime", "2024-02-29", "date_invalid"),
        ("datetime", "9999-12-31T23:59:59-12:00", "date_invalid"),
        ("datetime", "0001-01-01T00:00:00+14:00", "date_invalid"),
        ("partial_date", "2024-13", "date_invalid"),
        ("partial_date", "2024-00", "date_invalid"),
        ("partial_date", "24", "date_invalid"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_code(kind: str, raw: object, code: str) -> None:
    with pytest.raises(ValueRefusedError) as info:
        parse_value(item(kind), raw)
    assert info.value.code == code


def test_zero_has_no_sign() -> None:
    item = Item(id="x", label="X", type="decimal")
    assert str(parse_value(item, "-0.00")) == "0.00"


def test_a_refusal_never_repeats_the_value() -> None:
    with pytest.raises(ValueRefusedError) as info:
        parse_value(item("code"), "Anna Muster")
    assert "Anna" not in str(info.value)


def test_a_refusal_names_the_codes_where_they_are_few_enough_to_read() -> None:
    for many, told in ((12, "must be one of the codes C00, C01,"), (13, "is not in the code list")):
        codes = tuple({"code": f"C{n:02}", "label": "X"} for n in range(many))
        with pytest.raises(ValueRefusedError, match=told):
            parse_value(Item.model_validate(
                {"id": "x", "label": "X", "type": "code", "codes": codes}), "PR")  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "fits"), [("0", True), ("100", True), ("-0.1", False), ("100.1", False)]
)
def test_limits_belong_to_the_range(raw: str, fits: bool) -> None:
    percent = item("decimal", minimum=0, maximum=100)
    if fits:
        assert parse_value(percent, raw) == Decimal(raw)
    else:
        with pytest.raises(ValueRefusedError, match="must not be"):
            parse_value(percent, raw)


def test_a_birth_date_finer_than_the_month_is_refused() -> None:
    birth = item("partial_date", finest_precision="month")
    assert parse_value(birth, "2013-08") == PartialDate.parse("2013-08")
    assert parse_value(birth, "2013") == PartialDate.parse("2013")
    with pytest.raises(ValueRefusedError) as info:
        parse_value(birth, "2013-08-17")
    assert info.value.code == "date_too_precise"


@pytest.mark.parametrize(
    ("text", "precision", "earliest", "latest"),
    [
        ("2024", "year", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", "month", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-02", "month", date(2023, 2, 1), date(2023, 2, 28)),
        ("2023-02-03", "day", date(2023, 2, 3), date(2023, 2, 3)),
    ],
)
def test_a_partial_date_spans_every_day_it_may_be(
    text: str, precision: str, earliest: date, latest: date
) -> None:
    partial = PartialDate.parse(text)
    assert (partial.precision, partial.earliest, partial.latest) == (precision, earliest, latest)


@pytest.mark.parametrize(
    ("start", "period", "end"),
    [
        (date(2020, 8, 31), Period(months=6), date(2021, 2, 28)),
        (date(2019, 8, 31), Period(months=6), date(2020, 2, 29)),
        (date(2024, 2, 29), Period(years=1), date(2025, 2, 28)),
        (date(2024, 12, 15), Period(months=1), date(2025, 1, 15)),
        (date(2024, 1, 15), Period(months=-1), date(2023, 12, 15)),
        (date(2024, 1, 31), Period(months=1, days=1), date(2024, 3, 1)),
    ],
)
def test_calendar_spans(start: date, period: Period, end: date) -> None:
    assert period.after(start) == end


@given(start=st.dates(date(1950, 1, 1), date(2050, 1, 1)), months=st.integers(0, 400))
def test_months_keep_the_day_or_end_at_the_last_day_of_the_month(start: date, months: int) -> None:
    end = Period(months=months).after(start)
    assert (end.year - start.year) * 12 + end.month - start.month == months
    assert end.day == start.day or (end.day < start.day and Period(days=1).after(end).day == 1)


@pytest.mark.parametrize(
    "attributes",
    [
        {"type": "code"},
        {"type": "text"},
        {"type": "date", "codes": [{"code": "A", "label": "A"}]},
        {"type": "integer", "max_length": 5},
        {"type": "boolean", "unit": "mg"},
        {"type": "date", "minimum": 1},
        {"type": "date", "finest_precision": "month"},
        {"type": "decimal", "minimum": 2, "maximum": 1},
    ],
)
def test_an_item_whose_attributes_do_not_fit_its_type_is_refused(
    attributes: dict[str, Any],
) -> None:
    with pytest.raises(ValueError, match=r"(missing|belongs?|above)"):
        Item.model_validate({"id": "x", "label": "X", **attributes}, strict=False)
