"""Interim looks that were held, and what they leave to spend for the looks after them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from shared.study.interim import CLOSEST, InterimPlan

LEAST = 1 / CLOSEST


@dataclass(frozen=True, slots=True)
class HeldLook:
    """A look at one comparison: the ``information`` (subjects or events) and one-sided z of the
    data up to ``data_cutoff``, and what was decided on ``held_on``."""

    number: int
    endpoint: str
    contrast: str
    held_on: date
    data_cutoff: date
    information: int
    z: float | None
    decision: str

    @property
    def stopped(self) -> bool:
        """Whether the committee ended the comparison at this look."""
        return self.decision != "continue"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Looks held and to come, each with its share of the planned information, rising."""

    held: tuple[tuple[HeldLook, float], ...]
    planned: tuple[tuple[int, float], ...]

    @property
    def shares(self) -> list[float]:
        """Of all of them, in their order."""
        return [share for _, share in self.held] + [share for _, share in self.planned]

    @property
    def last(self) -> float:
        """The share at the last look held; 0 before the first."""
        return self.held[-1][1] if self.held else 0.0


def schedule(plan: InterimPlan, contrast: str, looks: Iterable[HeldLook]) -> Schedule:
    """The looks held at a comparison, then the planned ones after them.

    A look held takes the place of the planned one of its number, whatever information it had; of
    those that follow the ones stay that have at least 0.01 more. Planned ones go by their number.
    """
    held: list[tuple[HeldLook, float]] = []
    for each in looks:
        share = min(1.0, each.information / plan.planned)
        ours = (each.endpoint, each.contrast) == (plan.endpoint, contrast)
        # Where an amendment changed the plan, looks may have come to lie too close to each other.
        if ours and share >= (held[-1][1] if held else 0.0) + LEAST:
            held.append((each, share))
    last = held[-1][1] if held else 0.0
    shares: Sequence[float] = [float(look) for look in plan.looks]
    to_come = [
        (number, share)
        for number, share in enumerate(shares, start=1)
        if number > len(held) or number == len(shares)
    ]
    return Schedule(
        tuple(held), tuple((number, share) for number, share in to_come if share >= last + LEAST)
    )


def held_by(looks: Iterable[HeldLook], cutoff: date) -> tuple[HeldLook, ...]:
    """Those that were held by a date."""
    return tuple(each for each in looks if each.held_on <= cutoff)
