"""The escalation ladder of an obligation: when which roles are told. Pure; times are given."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.study.safety import EscalationStep


@dataclass(frozen=True)
class Step:
    """A step of an obligation's ladder: due at ``at``, told to ``roles``."""

    id: str
    at: datetime
    roles: tuple[str, ...]


def steps(ladder: Iterable[EscalationStep], began: datetime, due: datetime) -> Iterator[Step]:
    """The steps between receipt (``began``) and due, and after it, in the ladder's order.

    A step that would lie before the receipt, because the whole time is shorter than its hours, is
    due at once.
    """
    for rung in ladder:
        if rung.fraction is not None:
            # Whole seconds: a fraction of a window is a time of day, not a measurement.
            seconds = int((due - began).total_seconds() * float(rung.fraction))
            at = began + timedelta(seconds=seconds)
        else:
            at = due - timedelta(hours=rung.hours_before or 0)
        yield Step(rung.id, max(at, began), rung.roles)


def due_steps(
    ladder: Iterable[EscalationStep],
    began: datetime,
    due: datetime,
    now: datetime,
    taken: frozenset[str],
) -> tuple[Step, ...]:
    """The steps that are due by ``now`` and were not taken yet, earliest first: after a missed
    sweep all of them come, and none is skipped."""
    found = (s for s in steps(ladder, began, due) if s.at <= now and s.id not in taken)
    return tuple(sorted(found, key=lambda step: (step.at, step.id)))
