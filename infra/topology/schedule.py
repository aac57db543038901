"""Schedule expressions of EventBridge Scheduler: when does a schedule fire next?

``rate(5 minutes)`` and ``cron(minutes hours day-of-month month day-of-week year)`` are supported,
without L, W and #. Pure: the caller supplies the instant.

Daylight saving follows AWS (EventBridge Scheduler user guide, "Schedule types"): a wall-clock time
that a day does not have is skipped, one that it has twice fires once, the first time. Rates count
elapsed time, so a day is 24 hours. AWS counts a rate from the creation of the schedule; here it
counts from the Unix epoch, so that a restarted stack keeps the same times.
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from infra.topology.cron import Cron, parse_cron
from infra.topology.errors import ScheduleError, ScheduleExhaustedError

_RATE = re.compile(r"rate\(([1-9][0-9]{0,5}) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((.*)\)")
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def next_fire(expression: str, timezone: str, after: datetime) -> datetime:
    """The first instant, in UTC, at which the schedule fires strictly after ``after``.

    ``timezone`` is an IANA name. ``after`` must be aware.

    Raises:
        ScheduleError: a malformed expression, an unknown time zone, a naive ``after``.
        ScheduleExhaustedError: the years of the expression are over.
    """
    schedule, zone = parse_schedule(expression, timezone)
    if after.utcoffset() is None:
        raise ScheduleError("the time after which a schedule fires must be aware")
    if isinstance(schedule, timedelta):
        return _EPOCH + ((after - _EPOCH) // schedule + 1) * schedule
    return _next_of_cron(schedule, zone, after.astimezone(UTC))


def parse_schedule(expression: str, timezone: str) -> tuple[timedelta | Cron, ZoneInfo]:
    """The meaning of an expression: an interval or calendar fields, and the time zone.

    Raises:
        ScheduleError: a malformed or unsupported expression, an unknown time zone.
    """
    zone = _zone(timezone)
    if rate := _RATE.fullmatch(expression):
        count, unit, plural = int(rate[1]), rate[2], rate[3]
        if (count == 1) == bool(plural):
            raise ScheduleError(f"{expression}: AWS wants the singular for 1, else the plural")
        return count * _UNITS[unit], zone
    if cron := _CRON.fullmatch(expression):
        return parse_cron(cron[1]), zone
    raise ScheduleError(f"{expression!r}: expected rate(value unit) or cron(six fields)")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise ScheduleError(f"unknown time zone {name!r}") from error


def _next_of_cron(cron: Cron, zone: ZoneInfo, after: datetime) -> datetime:
    # Wall-clock times in order are also instants in order once the skipped and the repeated ones
    # are left out, so the first later instant found is the next one.
    for wall in cron.times_from(after.astimezone(zone).date()):
        fires = wall.replace(tzinfo=zone).astimezone(UTC)
        exists = fires.astimezone(zone).replace(tzinfo=None) == wall
        if exists and fires > after:
            return fires
    raise ScheduleExhaustedError("the schedule has no further time to fire")
