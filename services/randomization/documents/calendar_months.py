"""Calendar months as numbers, and a count for each of them."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, datetime

from services.randomization.documents.facts import EnrolmentFacts, MonthCount


def number(month: str) -> int:
    """Months since year 0 of ``YYYY-MM``. Raises ``ValueError`` for anything else."""
    year, dash, rest = month.partition("-")
    if dash != "-" or len(year) != 4 or len(rest) != 2 or not 1 <= int(rest) <= 12:
        raise ValueError("a month is written YYYY-MM")
    return int(year) * 12 + int(rest) - 1


def name(months: int) -> str:
    """``YYYY-MM`` of a number of months since year 0."""
    return f"{months // 12:04d}-{months % 12 + 1:02d}"


def position(at: datetime) -> float:
    """An instant as months since year 0 with the part of its month that has passed, in UTC."""
    universal = at.astimezone(UTC)
    days = monthrange(universal.year, universal.month)[1]
    passed = universal.day - 1 + (universal.hour + universal.minute / 60) / 24
    return universal.year * 12 + universal.month - 1 + passed / days


def without_gaps(months: Sequence[MonthCount], last: str) -> tuple[MonthCount, ...]:
    """Every month from the first one to ``last``: where none is told of, nothing happened."""
    told = {number(count.month): count for count in months}
    if not told:
        return ()
    filled: list[MonthCount] = []
    cumulative = 0
    for month in range(min(told), max(*told, number(last)) + 1):
        count = told.get(month) or MonthCount(name(month), 0, 0, cumulative)
        cumulative = count.cumulative
        filled.append(count)
    return tuple(filled)


def target_by_end_of(month: str, facts: EnrolmentFacts) -> int | None:
    """How many were to be randomized by the end of a month, rounded down; None without target."""
    target = facts.target
    if target is None:
        return None
    passed = number(month) - number(target.starts) + 1
    return target.subjects * min(max(passed, 0), target.months) // target.months
