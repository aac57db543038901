"""What the measurement of a night comes to. It imports nothing: a cold start imports it too."""

from collections.abc import Sequence
from dataclasses import dataclass

ARMS = ("ALLR3", "INO")
"""The reference first."""


@dataclass(frozen=True)
class Counted:
    """A number of participants: seconds of the count alone (``bare``), of the count with all
    statistics (``whole``), CPU time of both, and rows of counts."""

    participants: int
    bare: float
    whole: float
    bare_cpu: float
    whole_cpu: float
    rows: int

    @property
    def ratio(self) -> float:
        """By CPU time: a neighbour on the machine makes either of them late by chance."""
        return self.whole_cpu / self.bare_cpu


@dataclass(frozen=True)
class Beside:
    """A quantity: seconds of the engine and of lifelines in the same run, and how much they
    differ (None: lifelines has no such thing, and what it has instead is named)."""

    what: str
    participants: int
    own: float
    lifelines: float
    difference: float | None


@dataclass(frozen=True)
class Night:
    """``warm`` and ``cold`` are seconds for a hundred participants."""

    warm: float
    cold: float
    counted: Sequence[Counted]
    beside: Sequence[Beside]
