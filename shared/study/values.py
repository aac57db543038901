"""Typed values of collected items: dates that may be partial, decimals, codes.

A value arrives as JSON (text, integer, boolean) and is turned into a typed value by its item's
definition. A refusal carries a stable code and words, never the value itself.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal

from shared.rules.censored import Censored
from shared.study.base import DECIMAL_PATTERN
from shared.study.dates import FIRST_YEAR, LAST_YEAR, PRECISIONS, PartialDate
from shared.study.forms import Item

# More codes than this are looked up, and not read in a refusal.
_FEW_CODES = 12
Value = bool | int | Decimal | Censored | str | date | datetime | PartialDate


class ValueRefusedError(ValueError):
    """A raw value does not fit its item. `code` is stable; the text never repeats the value.

    Codes: type_mismatch, not_in_codelist, out_of_range, too_long, date_invalid, date_too_precise.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def parse_value(item: Item, raw: object) -> Value:
    """The typed value of `raw` (JSON text, integer or boolean) for `item`.

    Decimals come as text ("0.00005") or as an integer, dates as ISO 8601 text, datetimes with an
    offset. Raises ValueRefusedError.
    """
    return _PARSERS[item.type](item, raw)


def _text_of(raw: object, wanted: str) -> str:
    if not isinstance(raw, str):
        raise ValueRefusedError("type_mismatch", f"must be {wanted}")
    return raw


def _boolean(_item: Item, raw: object) -> bool:
    if not isinstance(raw, bool):
        raise ValueRefusedError("type_mismatch", "must be true or false")
    return raw


def _integer(item: Item, raw: object) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise ValueRefusedError("type_mismatch", "must be an integer")
    _in_range(item, Decimal(raw))
    return raw


def _decimal(item: Item, raw: object) -> Decimal | Censored:
    if isinstance(raw, int) and not isinstance(raw, bool):
        raw = str(raw)
    if item.censored and isinstance(raw, str) and raw[:1] in {"<", ">"}:
        return _censored(item, raw)
    if not isinstance(raw, str) or not DECIMAL_PATTERN.fullmatch(raw):
        raise ValueRefusedError("type_mismatch", "must be a decimal number written as text")
    number = Decimal(raw)
    _in_range(item, number)
    return number if number else abs(number)


def _censored(item: Item, raw: str) -> Censored:
    try:
        found = Censored.parse(raw)
    except ValueError:
        words = 'must be a decimal number written as text, or one with a limit such as "<5"'
        raise ValueRefusedError("type_mismatch", words) from None
    _in_range(item, found.limit)
    # "<0" of what cannot be negative, ">100" of a percentage: no number is left.
    if found.relation == "<" and found.limit == item.minimum:
        raise ValueRefusedError("out_of_range", f"must not be below {item.minimum}")
    if found.relation == ">" and found.limit == item.maximum:
        raise ValueRefusedError("out_of_range", f"must not be above {item.maximum}")
    return found


def _in_range(item: Item, number: Decimal) -> None:
    if item.minimum is not None and number < item.minimum:
        raise ValueRefusedError("out_of_range", f"must not be below {item.minimum}")
    if item.maximum is not None and number > item.maximum:
        raise ValueRefusedError("out_of_range", f"must not be above {item.maximum}")


def _code(item: Item, raw: object) -> str:
    code = _text_of(raw, "a code")
    if code not in item.code_values:
        raise ValueRefusedError("not_in_codelist", _codes_of(item))
    return code


def _codes_of(item: Item) -> str:
    """What a code must be; the codes themselves where they are few enough to read."""
    codes = sorted(item.code_values)
    if len(codes) > _FEW_CODES:
        return "is not in the code list of this item"
    return f"must be one of the codes {', '.join(codes)}"


def _free_text(item: Item, raw: object) -> str:
    text = _text_of(raw, "text")
    if any(ord(character) < 32 and character not in "\n\t" for character in text):
        raise ValueRefusedError("type_mismatch", "must not hold control characters")
    if item.max_length is not None and len(text) > item.max_length:
        raise ValueRefusedError("too_long", f"must not exceed {item.max_length} characters")
    return text


_YEARS = f"must be of the years {FIRST_YEAR} to {LAST_YEAR}"


def _partial(raw: object, forms: str) -> PartialDate:
    try:
        found = PartialDate.parse(_text_of(raw, "a date"))
        if FIRST_YEAR <= found.earliest.year <= LAST_YEAR:
            return found
    except ValueRefusedError:
        raise
    except ValueError:
        raise ValueRefusedError("date_invalid", f"must be a real date, {forms}") from None
    raise ValueRefusedError("date_invalid", _YEARS)


def _date(_item: Item, raw: object) -> date:
    partial = _partial(raw, "YYYY-MM-DD")
    if partial.precision != "day":
        raise ValueRefusedError("date_invalid", "must be a real date, YYYY-MM-DD")
    return partial.earliest


def _partial_date(item: Item, raw: object) -> PartialDate:
    partial = _partial(raw, "YYYY, YYYY-MM or YYYY-MM-DD")
    finest = item.finest_precision or "day"
    if PRECISIONS.index(partial.precision) > PRECISIONS.index(finest):
        raise ValueRefusedError("date_too_precise", f"must not be finer than the {finest}")
    return partial


def _datetime(_item: Item, raw: object) -> datetime:
    text = _text_of(raw, "a date and time")
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueRefusedError("date_invalid", "must be an ISO 8601 date and time") from None
    if instant.tzinfo is None or "T" not in text:
        raise ValueRefusedError("date_invalid", "must be an ISO 8601 date and time with an offset")
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise ValueRefusedError("date_invalid", _YEARS)
    return instant


_PARSERS: Mapping[str, Callable[[Item, object], Value]] = {
    "boolean": _boolean,
    "integer": _integer,
    "decimal": _decimal,
    "code": _code,
    "text": _free_text,
    "date": _date,
    "partial_date": _partial_date,
    "datetime": _datetime,
}
