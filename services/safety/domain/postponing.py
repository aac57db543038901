"""What a correction puts off: due dates that it takes away or moves later.

Earlier is always allowed. Later is a decision of somebody who answers for it, never a side effect.
"""

from collections.abc import Iterable

from services.safety.domain.obligations import RUNNING, Obligation, State
from services.safety.domain.rule_sets import INITIAL

_MET: tuple[State, ...] = ("submitted", "waived")


def put_off(before: Iterable[Obligation], after: Iterable[Obligation]) -> tuple[Obligation, ...]:
    """The obligations still to be met ``before`` that ``after`` asks for later, or not at all."""
    then = [each for each in after if each.state in RUNNING or each.state in _MET]
    return tuple(
        each
        for each in before
        if each.state in RUNNING and not any(_stands_for(other, each) for other in then)
    )


def _stands_for(other: Obligation, each: Obligation) -> bool:
    # A first report that is due sooner, as a fatal one, tells what the other would have told.
    same = other.clock_id == each.clock_id or {other.kind, each.kind} <= INITIAL
    return other.rule_set == each.rule_set and same and other.due_at <= each.due_at
