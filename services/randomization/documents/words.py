"""Instants, sources and counts in words."""

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from services.randomization.documents.facts import Mode, Source

DASH = "\N{EN DASH}"
TRAINING = "TRAINING"
TRAINING_BANNER = f"{DASH} made while practising. It concerns no patient of the trial."
SOURCES: Mapping[Source, str] = {
    "system": "Allocated by the system from the sealed list",
    "backup": "Taken from the sealed backup copy during an outage and entered afterwards",
    "restored": "Allocated by the system, and entered again after a restore of its database",
    "forced": "Forced to a named arm by two authorised persons",
}
MODES: Mapping[Mode, str] = {"live": "Live", "training": "Training"}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def universal_time(at: datetime) -> str:
    """``2 March 2026, 13:05:09 UTC``."""
    return f"{_day_and_time(at.astimezone(UTC))} UTC"


def local_time(at: datetime, zone: str) -> str:
    """``2 March 2026, 14:05:09 (Europe/Prague, UTC+01:00)``.

    Raises ``zoneinfo.ZoneInfoNotFoundError`` for a name that is no IANA zone.
    """
    local = at.astimezone(ZoneInfo(zone))
    offset = local.strftime("%z")
    return f"{_day_and_time(local)} ({zone}, UTC{offset[:3]}:{offset[3:5]})"


def percent(part: int, whole: int) -> str:
    """Rounded half up to whole percent; a dash where there is no whole."""
    return DASH if whole <= 0 else f"{(200 * part + whole) // (2 * whole)} %"


def _day_and_time(at: datetime) -> str:
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M:%S}"
