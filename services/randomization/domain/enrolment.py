"""How far enrolment has come, counted by site, country, stratum and month. Never by arm."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.study.caps import Cap


@dataclass(frozen=True, slots=True)
class Screened:
    """Children who entered screening at a site in a month (``YYYY-MM``, by the site's clock)."""

    site: str
    month: str
    subjects: int


@dataclass(frozen=True, slots=True)
class Randomized:
    """Children allocated at a site, in a stratum as used, in a month; ``in_error`` of them were
    marked as randomized in error and are among ``subjects``."""

    site: str
    country: str
    stratum: str
    month: str
    subjects: int
    in_error: int


@dataclass(frozen=True, slots=True)
class Month:
    """``cumulative`` is randomized until the month's end."""

    month: str
    screened: int
    randomized: int
    cumulative: int


@dataclass(frozen=True, slots=True)
class CapUse:
    """A limit, what it is a limit of (``*``: the study), and how many count under it."""

    cap: Cap
    group: str
    used: int


def by(groups: Iterable[tuple[str, int]]) -> Counter[str]:
    """Sums of numbers by name."""
    counts: Counter[str] = Counter()
    for name, number in groups:
        counts[name] += number
    return counts


def months(
    screened: Iterable[Screened], randomized: Iterable[Randomized], now: str
) -> tuple[Month, ...]:
    """Every calendar month from the first in which something happened to ``now``, or to a later
    one that has begun somewhere; none where nothing happened."""
    entered = by((one.month, one.subjects) for one in screened)
    allocated = by((one.month, one.subjects) for one in randomized)
    told = {_number(month) for month in (*entered, *allocated)}
    if not told:
        return ()
    found: list[Month] = []
    cumulative = 0
    for number in range(min(told), max(*told, _number(now)) + 1):
        month = _name(number)
        cumulative += allocated[month]
        found.append(Month(month, entered[month], allocated[month], cumulative))
    return tuple(found)


def limit(caps: Sequence[Cap], scope: str, name: str) -> int | None:
    """The least limit that is this site's, country's or stratum's own; None where it has none.

    A cap over several strata together is nobody's own.
    """
    limits = [cap.limit for cap in caps if cap.scope == scope and cap.target in (None, name)]
    return min(limits, default=None)


def cap_uses(caps: Sequence[Cap], randomized: Sequence[Randomized]) -> tuple[CapUse, ...]:
    """How many count under each cap, for every group of which there is anybody, and for what a
    cap names though there is nobody yet."""
    found: list[CapUse] = []
    for cap in caps:
        used = by(
            (group, one.subjects if cap.counts_in_error else one.subjects - one.in_error)
            for one in randomized
            if (group := cap.group(site=one.site, country=one.country, stratum=one.stratum))
        )
        if cap.target is not None or cap.scope == "study":
            used.setdefault(cap.target or "*", 0)
        found += [CapUse(cap, group, used[group]) for group in sorted(used)]
    return tuple(found)


def target_by(month: str, curve: Mapping[str, int]) -> int:
    """How many were to be randomized by the end of a month: none before the curve begins, all
    after it ends."""
    if not curve:
        return 0
    if month in curve:
        return curve[month]
    return 0 if month < min(curve) else curve[max(curve)]


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1


def _name(number: int) -> str:
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
