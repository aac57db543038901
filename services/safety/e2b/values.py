"""Values of E2B elements: texts, flags, dates of some precision, and reasons for their absence.

Nothing is refused here: a draft may hold anything, and ``rules`` names what is wrong with it.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum

# CCYY[MM[DD[hh[mm[ss[.U+]]]]]][+/-ZZ[zz]]: ICH E2B(R3) implementation guide, appendix II.
_STAMP = re.compile(
    r"\A(?P<year>\d{4})(?:(?P<month>\d\d)(?:(?P<day>\d\d)(?:(?P<hour>\d\d)(?:(?P<minute>\d\d)"
    r"(?:(?P<second>\d\d)(?:\.\d{1,4})?)?)?)?)?)?(?P<zone>[+-]\d\d(?:\d\d)?)?\Z",
    re.ASCII,
)
_PARTS = ("year", "month", "day", "hour", "minute", "second")


class NullFlavor(StrEnum):
    """Why a value is missing (HL7 NullFlavor, the codes that E2B(R3) uses)."""

    NI = "NI"
    MSK = "MSK"
    UNK = "UNK"
    NA = "NA"
    ASKU = "ASKU"
    NASK = "NASK"
    NINF = "NINF"
    PINF = "PINF"
    OTH = "OTH"


class Precision(IntEnum):
    """How exactly an instant is known; ordered from coarse to fine."""

    YEAR = 1
    MONTH = 2
    DAY = 3
    HOUR = 4
    MINUTE = 5
    SECOND = 6


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date or instant as it stands on the wire, digits and offset kept exactly."""

    text: str

    @property
    def precision(self) -> Precision | None:
        """None where the text is no date at all."""
        parts = self._parts()
        return None if parts is None else Precision(len(parts))

    @property
    def has_zone(self) -> bool:
        found = _STAMP.match(self.text)
        return found is not None and found["zone"] is not None

    def earliest(self) -> datetime | None:
        """The first instant (UTC) that the text can mean; None where it is no date.

        Without an offset it is read in the easternmost zone (UTC+14): such a date lies in the
        future only where it does so everywhere.
        """
        parts = self._parts()
        if parts is None:
            return None
        year, month, day, hour, minute, second = [*parts, *(1, 1, 1, 0, 0, 0)[len(parts) :]]
        try:
            local = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
            return local - _offset(self.text)
        except (OverflowError, ValueError):
            return None

    def _parts(self) -> list[int] | None:
        found = _STAMP.match(self.text)
        if found is None:
            return None
        parts = [int(found[name]) for name in _PARTS if found[name] is not None]
        return parts if _exists(parts) else None


def _exists(parts: list[int]) -> bool:
    year, month, day, hour, minute, second = [*parts, *(1, 1, 1, 0, 0, 0)[len(parts) :]]
    if not (year >= 1 and 1 <= month <= 12):
        return False
    last = calendar.monthrange(year, month)[1]
    return 1 <= day <= last and hour < 24 and minute < 60 and second < 60


def _offset(text: str) -> timedelta:
    zone = _STAMP.match(text)
    if zone is None or zone["zone"] is None:
        return timedelta(hours=14)
    digits = zone["zone"]
    size = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5] or 0))
    return -size if digits[0] == "-" else size


def instant(moment: datetime) -> Stamp:
    """An aware instant to the second with its offset; raises ``ValueError`` for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("an instant needs its offset")
    return Stamp(moment.strftime("%Y%m%d%H%M%S%z"))


Text = str | NullFlavor | None
Flag = bool | NullFlavor | None
Date = Stamp | NullFlavor | None
Value = str | bool | Stamp | NullFlavor
