"""What a load came to, in the numbers that are reported."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median


class InvalidRun(RuntimeError):
    """What was measured is worth nothing; the message says why."""


@dataclass(frozen=True)
class Outcome:
    """The measured requests: seconds for all of them, and each one's latency in seconds."""

    seconds: float
    latencies: list[float]
    refused: int = 0


@dataclass(frozen=True)
class Figures:
    """Requests a second, and latencies in milliseconds."""

    rate: float
    p50: float
    p99: float

    @classmethod
    def of(cls, outcome: Outcome) -> "Figures":
        latencies = outcome.latencies
        return cls(
            len(latencies) / outcome.seconds,
            percentile(latencies, 50) * 1000,
            percentile(latencies, 99) * 1000,
        )


def percentile(values: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile: the least value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


def median_of(figures: Sequence[Figures]) -> Figures:
    """The median of each figure."""
    return Figures(
        median(one.rate for one in figures),
        median(one.p50 for one in figures),
        median(one.p99 for one in figures),
    )
