"""What follows an attempt: delivered, tried again later, or given up. Pure; times are given."""

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("retry_ladder.toml")


@dataclass(frozen=True)
class Ladder:
    """Delays before each attempt, the first included, then ``every`` so long, ``until`` an attempt
    lies so long after the first; ``jitter`` is a share of a delay (0 to 1)."""

    id: str
    version: str
    delays: tuple[timedelta, ...]
    every: timedelta
    until: timedelta
    jitter: float

    def delay(self, made: int) -> timedelta:
        """Before the attempt that follows ``made`` others, without jitter."""
        return self.delays[made] if made < len(self.delays) else self.every

    @property
    def longest(self) -> timedelta:
        return max(*self.delays, self.every)

    @property
    def furthest(self) -> timedelta:
        """No attempt is put off for longer than this."""
        return self.longest * (1 + self.jitter)


@cache
def ladder() -> Ladder:
    """The ladder as shipped."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Ladder(
        data["id"],
        data["version"],
        delays=tuple(timedelta(seconds=each) for each in data["delays_seconds"]),
        every=timedelta(seconds=data["then_every_seconds"]),
        until=timedelta(seconds=data["until_seconds"]),
        jitter=float(data["jitter"]),
    )


def next_attempt(
    steps: Ladder,
    made: int,
    began: datetime,
    now: datetime,
    *,
    chance: float,
    retry_after: timedelta | None = None,
) -> datetime | None:
    """When to try again after ``made`` failed attempts, the first at ``began``; None where the
    ladder has ended. Time in which we did not try, because we were down, ends no ladder.

    ``chance`` is a random number from 0 to 1. A receiver may ask for more patience, but for no
    more than the ladder's longest step: it could put off a notice for years otherwise.
    """
    if now - began >= steps.until:
        return None
    delay = steps.delay(made) * (1 + steps.jitter * (2 * chance - 1))
    if retry_after is not None:
        delay = max(delay, min(retry_after, steps.longest))
    return now + delay


def read_retry_after(header: str | None, now: datetime) -> timedelta | None:
    """What a Retry-After header asks for (RFC 9110 10.2.3: seconds or a date); None for nothing."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=int(text) if len(text) < 9 else 10**8)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    asked = (at if at.tzinfo is not None else at.replace(tzinfo=UTC)) - now
    return max(asked, timedelta(0))
