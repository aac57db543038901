"""Dates as a trial collects them: known to the day, the month or the year; calendar spans."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from pydantic import Field

from shared.study.base import Model

Precision = Literal["year", "month", "day"]
PRECISIONS: tuple[Precision, ...] = ("year", "month", "day")
FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Years that a trial can be about. 9999 and 0001 stand for "unknown" in other systems: here a date
that is not known is partial, or missing for a reason."""


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date known to the year, the month or the day, as the span of days it may be."""

    text: str
    precision: Precision
    earliest: date
    latest: date

    @staticmethod
    @lru_cache(maxsize=8192)
    def parse(text: str) -> "PartialDate":
        """From `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; ValueError otherwise."""
        parts = text.split("-")
        if [len(part) for part in parts] not in ([4], [4, 2], [4, 2, 2]):
            raise ValueError("a partial date is YYYY, YYYY-MM or YYYY-MM-DD")
        if not all(part.isascii() and part.isdigit() for part in parts):
            raise ValueError("a partial date is YYYY, YYYY-MM or YYYY-MM-DD")
        year, month, day = (*map(int, parts), 0, 0)[:3]
        precision = PRECISIONS[len(parts) - 1]
        if precision == "month" and month == 0:
            raise ValueError("there is no month 00: a month that is not known is left out")
        if precision == "day":
            exact = date(year, month, day)
            return PartialDate(text, precision, exact, exact)
        last_month = month or 12
        earliest = date(year, month or 1, 1)
        last_day = calendar.monthrange(year, last_month)[1]
        return PartialDate(text, precision, earliest, date(year, last_month, last_day))


class Period(Model):
    """A calendar span. Years and months keep the day of the month, or end at the month's last day
    where it does not exist (31 August + 6 months = 28 or 29 February)."""

    years: int = Field(default=0, ge=-200, le=200)
    months: int = Field(default=0, ge=-2400, le=2400)
    days: int = Field(default=0, ge=-36500, le=36500)

    def after(self, day: date) -> date:
        """The date this span after `day`."""
        months = day.year * 12 + day.month - 1 + self.years * 12 + self.months
        year, month = divmod(months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(day.day, last)) + timedelta(days=self.days)
