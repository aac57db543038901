"""Numbers that are not fully known, and counting answers that are not.

Dates that are not fully known are spans (`spans.py`). Every comparison answers True, False, or None
where what is known does not decide it.
"""

from collections.abc import Iterable

from services.assessments.domain.packs.spans import Verdict3
from shared.rules.censored import Censored, Relation
from shared.rules.model import Limit

__all__ = ["Censored", "Relation", "at_least", "meets"]


def at_least(needed: int, answers: Iterable[Verdict3]) -> Verdict3:
    """Whether at least `needed` of the answers are True."""
    known = list(answers)
    sure = sum(answer is True for answer in known)
    possible = sure + sum(answer is None for answer in known)
    if sure >= needed:
        return True
    return None if possible >= needed else False


def meets(value: Censored | None, limit: Limit) -> Verdict3:
    """Whether a number meets the limit; None where it is missing or leaves it open."""
    return None if value is None else value.meets(limit)
