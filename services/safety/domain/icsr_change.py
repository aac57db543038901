"""What a report does to those that its receiver has of the case: takes them back, or corrects them.

ICH E2B(R3) C.1.11: 1 nullifies, 2 amends. A nullification is owed for a case that never was one; an
amendment corrects what was told and brings no new information; anything else is a follow-up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from services.safety.domain.facts import Fact
from services.safety.e2b.values import Date

NEWS: Final = frozenset({"receipt", "criterion", "follow_up", "nullification"})
"""Kinds of facts that somebody received: that a case never was one is news too."""
_MOST = 2000


@dataclass(frozen=True)
class Told:
    """What a receiver has of the case. ``identity`` (C.1.1) stays for life, and so does
    ``first_received`` (C.1.4; None where its report was none of ours); ``fixed_at`` is when the
    content of the last report that it accepted was fixed."""

    identity: str | None
    first_received: Date
    fixed_at: datetime


@dataclass(frozen=True)
class Correction:
    """An amendment of the case: why, and when it was recorded."""

    reason: str
    recorded_at: datetime


@dataclass(frozen=True)
class Change:
    """C.1.11.1 and C.1.11.2."""

    code: Literal["1", "2"]
    reason: str


def change(
    told: Told | None,
    facts: Sequence[Fact],
    corrections: Sequence[Correction],
    nullified_because: str | None,
) -> Change | None:
    """What the next report to a receiver does to what it was ``told``; a first report changes
    nothing. ``nullified_because`` is None for a case that stands."""
    if told is None:
        return None
    if nullified_because is not None:
        return Change("1", _short(nullified_because))
    since = [each.reason for each in corrections if each.recorded_at > told.fixed_at]
    if not since or any(_is_newer(fact, told) for fact in facts):
        return None
    return Change("2", _short("; ".join(dict.fromkeys(since))))


def is_news(fact: Fact) -> bool:
    """Whether somebody received the fact as news of the case. What this side makes of it (a
    judgement, a code) is received from nobody, and a correction is no news either."""
    return fact.kind in NEWS and not fact.value.get("correction")


def _is_newer(fact: Fact, told: Told) -> bool:
    return is_news(fact) and fact.told_at > told.fixed_at


def _short(reason: str) -> str:
    return reason if len(reason) <= _MOST else f"{reason[: _MOST - 3]}..."
