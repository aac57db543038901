"""The six fields of an AWS cron expression, as sets of calendar values.

Source: EventBridge Scheduler user guide, "Cron-based schedules": minutes 0-59, hours 0-23, days of
the month 1-31, months 1-12 or JAN-DEC, days of the week 1-7 or SUN-SAT (1 is Sunday), years
1970-2199; exactly one of the two day fields is ``?``.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from infra.topology.errors import ScheduleError

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_PART = re.compile(r"(?:(\*)|([0-9]{1,4}|[A-Z]{3})(?:-([0-9]{1,4}|[A-Z]{3}))?)(?:/([0-9]{1,4}))?")
_LEAP_YEAR = 2000


@dataclass(frozen=True)
class _Field:
    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()
    steps: bool = True


_MINUTE = _Field("minutes", 0, 59)
_HOUR = _Field("hours", 0, 23)
_DAY = _Field("day of month", 1, 31)
_MONTH = _Field("month", 1, 12, _MONTHS)
_WEEKDAY = _Field("day of week", 1, 7, _WEEKDAYS, steps=False)
_YEAR = _Field("year", 1970, 2199)


@dataclass(frozen=True)
class Cron:
    """Ascending values of each field; of ``days`` and ``weekdays`` the unused one is None.

    ``weekdays`` count from 1, Sunday, to 7, Saturday.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...] | None
    months: tuple[int, ...]
    weekdays: tuple[int, ...] | None
    years: tuple[int, ...]

    def times_from(self, first: date) -> Iterator[datetime]:
        """All wall-clock times of the fields from a day on, ascending, without a zone."""
        times = [time(hour, minute) for hour in self.hours for minute in self.minutes]
        for day in self._days_from(first):
            for at in times:
                yield datetime.combine(day, at)

    def _days_from(self, first: date) -> Iterator[date]:
        for year in self.years:
            if year < first.year:
                continue
            for month in self.months:
                if (year, month) < (first.year, first.month):
                    continue
                _, length = calendar.monthrange(year, month)
                for number in self.days or range(1, length + 1):
                    if number <= length:
                        day = date(year, month, number)
                        if day >= first and self._falls_on(day):
                            yield day

    def _falls_on(self, day: date) -> bool:
        return self.weekdays is None or day.isoweekday() % 7 + 1 in self.weekdays


def parse_cron(fields: str) -> Cron:
    """Read the six fields, separated by single spaces.

    Raises:
        ScheduleError: a malformed or unsupported field, or days that no month has.
    """
    parts = fields.split(" ")
    if len(parts) != 6:
        raise ScheduleError(f"cron({fields}): expected six fields, found {len(parts)}")
    minutes, hours, days, months, weekdays, years = parts
    if (days == "?") == (weekdays == "?"):
        raise ScheduleError(f"cron({fields}): exactly one of the two day fields must be ?")
    cron = Cron(
        minutes=_values(minutes, _MINUTE),
        hours=_values(hours, _HOUR),
        days=None if days == "?" else _values(days, _DAY),
        months=_values(months, _MONTH),
        weekdays=None if weekdays == "?" else _values(weekdays, _WEEKDAY),
        years=_values(years, _YEAR),
    )
    longest = max(calendar.monthrange(_LEAP_YEAR, month)[1] for month in cron.months)
    if cron.days and cron.days[0] > longest:
        raise ScheduleError(f"cron({fields}): none of these months has a day {cron.days[0]}")
    return cron


def _values(text: str, field: _Field) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.split(","):
        matched = _PART.fullmatch(part)
        if matched is None:
            raise ScheduleError(f"{field.name}: {part!r} is malformed or not supported")
        star, first, last, step = matched.groups()
        if step is not None and not field.steps:
            raise ScheduleError(f"{field.name}: AWS has no steps here, found {part!r}")
        low = field.least if star else _number(first, field)
        high = _upper(star, first, last, step, field)
        stride = int(step) if step is not None else 1
        if low > high or not 1 <= stride <= field.most - field.least:
            raise ScheduleError(f"{field.name}: {part!r} is empty or out of order")
        found.update(range(low, high + 1, stride))
    return tuple(sorted(found))


def _upper(star: str | None, first: str, last: str | None, step: str | None, field: _Field) -> int:
    if last is not None:
        return _number(last, field)
    # "10/5" runs from 10 to the end of the field.
    return field.most if star or step is not None else _number(first, field)


def _number(text: str, field: _Field) -> int:
    if text in field.names:
        return field.names.index(text) + field.least
    if not text.isdigit() or not field.least <= int(text) <= field.most:
        raise ScheduleError(f"{field.name}: {text} is not within {field.least}-{field.most}")
    return int(text)
