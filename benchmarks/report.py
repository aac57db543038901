"""The results as a page: goals first, then what they were read from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from benchmarks.allocation import PGBENCH, Comparison
from benchmarks.imports import BARE, ImportTime


@dataclass(frozen=True)
class Goal:
    """One line of the first table. ``most`` tells whether the limit is an upper one."""

    what: str
    measured: float
    limit: float
    unit: str = ""
    most: bool = True

    @property
    def met(self) -> bool:
        return self.measured <= self.limit if self.most else self.measured >= self.limit

    def row(self) -> tuple[str, ...]:
        sign = "≤" if self.most else "≥"
        unit = f" {self.unit}" if self.unit else ""
        verdict = "met" if self.met else "**missed**"
        return (self.what, f"{self.measured:.2f}{unit}", f"{sign} {self.limit:g}{unit}", verdict)


@dataclass
class Report:
    """All that was measured."""

    machine: Mapping[str, str]
    deployed: str
    comparisons: Sequence[Comparison]
    imports: Mapping[str, ImportTime]
    delivery: Sequence[float]
    starts: Sequence[float]
    goals: list[Goal] = field(default_factory=list)
