"""Typed values of items as the cells of a dataset."""

from datetime import date, datetime
from decimal import Decimal

from shared.rules.censored import Censored
from shared.study.dates import PartialDate
from shared.study.values import Value


def number_of(value: Value | None) -> Decimal | None:
    """A number that is known exactly."""
    if isinstance(value, Censored):
        return value.exact
    return value if isinstance(value, Decimal) else None


def day_of(value: Value | None) -> date | None:
    """A date that is known to the day."""
    if isinstance(value, PartialDate):
        return value.earliest if value.precision == "day" else None
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


def text_of(value: Value | None) -> str | None:
    """A value as text; a truth as Y or N."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, Censored | PartialDate):
        return value.text
    return format(value, "f") if isinstance(value, Decimal) else str(value)
