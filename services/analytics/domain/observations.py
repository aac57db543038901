"""Time-to-event observations and their counts by arm, stratum and time.

Every estimator of this package is a function of the counts, so counts made in
one place (a ``GROUP BY`` in the database, a shard) can be added to counts made
in another before anything is estimated.
"""

import hashlib
import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Self

from services.analytics.domain.life_table import LifeTable


class ObservationError(ValueError):
    """An observation that no estimator may see. Names the subject and the rule it breaks."""

    def __init__(self, subject: str, rule: str) -> None:
        super().__init__(f"subject {subject}: {rule}")
        self.subject = subject
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Observation:
    """One subject's time to event or censoring.

    ``time`` is in days since the origin of the endpoint (whole days in a trial;
    float and Decimal take the same path). ``event`` is true for an event, false
    for censoring.
    """

    subject: str
    arm: str
    stratum: str
    time: int | float | Decimal
    event: bool


@dataclass(frozen=True, slots=True, order=True)
class Count:
    """How many events and censorings fell on one time in one arm and stratum."""

    arm: str
    stratum: str
    time: float
    events: int
    censored: int

    def __post_init__(self) -> None:
        if not math.isfinite(self.time) or self.time < 0:
            raise ValueError(f"a time must be finite and not negative, not {self.time}")
        if self.events < 0 or self.censored < 0:
            raise ValueError("a count must not be negative")

    def more(self, other: "Count") -> "Count":
        """This count with those of another at the same time."""
        events, censored = self.events + other.events, self.censored + other.censored
        return Count(self.arm, self.stratum, self.time, events, censored)


@dataclass(frozen=True)
class Counts:
    """Counts in canonical order: by arm, stratum, time, each combination once, none empty.

    What is added up or hashed over the cells is so once: every row asks for it.
    """

    cells: tuple[Count, ...]

    @classmethod
    def of(cls, cells: Iterable[Count]) -> Self:
        """Bring cells into canonical order; cells of one arm, stratum and time are added."""
        found: dict[tuple[str, str, float], Count] = {}
        for cell in cells:
            key = (cell.arm, cell.stratum, cell.time)
            same = found.get(key)
            found[key] = cell if same is None else same.more(cell)
        filled = (found[key] for key in sorted(found))
        return cls(tuple(cell for cell in filled if cell.events or cell.censored))

    def __add__(self, other: Self) -> Self:
        """Counts of two disjoint sets of subjects together."""
        return type(self).of((*self.cells, *other.cells))

    @cached_property
    def n(self) -> int:
        """Number of subjects."""
        return sum(cell.events + cell.censored for cell in self.cells)

    @cached_property
    def events(self) -> int:
        """Number of subjects with an event."""
        return sum(cell.events for cell in self.cells)

    @cached_property
    def table(self) -> LifeTable:
        """The life table of all these subjects as one group."""
        return LifeTable.of(self.cells)

    @cached_property
    def strata(self) -> tuple[str, ...]:
        """Strata that hold a subject, in canonical order."""
        return tuple(sorted({cell.stratum for cell in self.cells}))

    @cached_property
    def inputs_hash(self) -> str:
        """SHA-256 (hexadecimal) over the canonical JSON of the cells."""
        rows = [
            [cell.arm, cell.stratum, _canonical(cell.time), cell.events, cell.censored]
            for cell in self.cells
        ]
        text = json.dumps(rows, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    def of_arm(self, arm: str) -> Self:
        """The counts of one arm."""
        return self._by_arm.get(arm) or type(self)(())

    def of_arms(self, arms: Iterable[str]) -> Self:
        """The counts of some arms together."""
        wanted = frozenset(arms)
        if wanted >= self._by_arm.keys():
            return self
        return type(self)(tuple(cell for cell in self.cells if cell.arm in wanted))

    def of_stratum(self, stratum: str) -> Self:
        """The counts of one stratum."""
        return self._by_stratum.get(stratum) or type(self)(())

    @cached_property
    def _by_arm(self) -> dict[str, Self]:
        return self._split(lambda cell: cell.arm)

    @cached_property
    def _by_stratum(self) -> dict[str, Self]:
        return self._split(lambda cell: cell.stratum)

    def _split(self, by: Callable[[Count], str]) -> dict[str, Self]:
        parts: defaultdict[str, list[Count]] = defaultdict(list)
        for cell in self.cells:
            parts[by(cell)].append(cell)
        return {name: type(self)(tuple(cells)) for name, cells in parts.items()}

    def pooled(self) -> "Counts":
        """The counts over all arms and strata, with neither label left."""
        return self._pooled

    @cached_property
    def _pooled(self) -> "Counts":
        totals: defaultdict[float, list[int]] = defaultdict(lambda: [0, 0])
        for cell in self.cells:
            total = totals[cell.time]
            total[0] += cell.events
            total[1] += cell.censored
        return Counts(tuple(Count("", "", time, *total) for time, total in sorted(totals.items())))


def require_sound(observations: Iterable[Observation], arms: Sequence[str]) -> list[Observation]:
    """The observations in the order of their subjects, where an estimator may see all of them.

    Raises ObservationError, naming the subject, for an arm outside ``arms``, a
    time that is negative or not finite, and a subject that appears twice. Of
    several faults the one of the first subject in sorted order is raised, so the
    same data always give the same message.
    """
    by_subject = sorted(observations, key=lambda observation: observation.subject)
    seen = Counter(observation.subject for observation in by_subject)
    known = frozenset(arms)
    for observation in by_subject:
        _check(observation, known, seen[observation.subject])
    return by_subject


def count(observations: Iterable[Observation], arms: Sequence[str]) -> Counts:
    """Count observations by arm, stratum and time, where no database does.

    Raises ObservationError as ``require_sound``.
    """
    cells = []
    for observation in require_sound(observations, arms):
        event = bool(observation.event)
        time = float(observation.time) + 0.0  # -0.0 becomes 0.0
        cells.append(Count(observation.arm, observation.stratum, time, int(event), int(not event)))
    return Counts.of(cells)


def _check(observation: Observation, arms: frozenset[str], times_seen: int) -> None:
    if times_seen > 1:
        raise ObservationError(observation.subject, "appears more than once")
    if observation.arm not in arms:
        raise ObservationError(observation.subject, f"unknown arm {observation.arm!r}")
    time = observation.time
    if not (time.is_finite() if isinstance(time, Decimal) else math.isfinite(time)):
        raise ObservationError(observation.subject, "time is not a finite number")
    if time < 0:
        raise ObservationError(observation.subject, f"negative time {time}")


def _canonical(time: float) -> int | float:
    """A whole number of days hashes the same whether it came as int, float or Decimal."""
    return int(time) if time.is_integer() else time
