"""What was measured, and which goals it meets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.allocation import Comparison
from benchmarks.calculation import Calculations
from benchmarks.export import Exported
from benchmarks.imports import BARE, ImportTime
from benchmarks.night_results import Night
from benchmarks.outcome import percentile
from benchmarks.safety import Safety
from benchmarks.submission import Submissions

# The functions that answer requests in the course of a visit; analytics works at night.
REQUEST_SERVICES = ("randomization", "assessments", "safety")
FORBIDDEN = frozenset({"boto3", "numpy", "pandas"})
# With how many clients the share of pgbench's rate has a goal; the others are shown.
JUDGED = frozenset({1, 16})
# Seconds that the statistics of so many participants may take, the read included.
NIGHT = {1_000_000: 5.0, 100_000_000: 60.0}
# What an export may take, of however many children: a page of them and what is being sent.
MEMORY = 32


@dataclass(frozen=True)
class Goal:
    """A line of the first table. ``least`` marks a limit that is to be reached, not kept."""

    what: str
    measured: float
    limit: float
    unit: str = ""
    least: bool = False

    @property
    def met(self) -> bool:
        return self.measured >= self.limit if self.least else self.measured <= self.limit

    def row(self) -> tuple[str, ...]:
        unit = f" {self.unit}" if self.unit else ""
        limit = f"{'≥' if self.least else '≤'} {self.limit:g}{unit}"
        digits = 0 if self.limit == 0 else 3 if self.limit < 2 else 2
        measured = f"{self.measured:.{digits}f}"
        return self.what, measured + unit, limit, "met" if self.met else "**missed**"


@dataclass
class Results:
    """What was measured; a part that was not is empty. ``delivery`` and ``starts`` in seconds."""

    deployed: str
    machine: Mapping[str, str] = field(default_factory=dict)
    comparisons: Sequence[Comparison] = ()
    calculations: Calculations | None = None
    imports: Mapping[str, ImportTime] = field(default_factory=dict)
    delivery: Sequence[float] = ()
    starts: Sequence[float] = ()
    submissions: Submissions | None = None
    exports: Sequence[Exported] = ()
    safety: Safety | None = None
    night: Night | None = None

    def goals(self) -> list[Goal]:
        """The goals and what became of them."""
        return [
            *self._allocation_goals(),
            *self._import_goals(),
            *self._stack_goals(),
            *self._submission_goals(),
            *self._export_goals(),
            *self._safety_goals(),
            *self._night_goals(),
        ]

    def _allocation_goals(self) -> Iterable[Goal]:
        for comparison in self.comparisons:
            if comparison.scene.clients not in JUDGED:
                continue
            name = comparison.scene.name
            ratio = comparison.ratio(self.deployed)
            yield Goal(f"Allocations, {name}: share of pgbench's rate", ratio, 0.4, least=True)
            if comparison.scene.clients == 1:
                p50 = comparison.figures(self.deployed).p50
                yield Goal(f"Allocation, {name}: p50", p50, 5, "ms")

    def _import_goals(self) -> Iterable[Goal]:
        if not self.imports:
            return
        for service in REQUEST_SERVICES:
            ratio = self.imports[service].cpu / self.imports[BARE].cpu
            yield Goal(f"Import of {service}, as multiple of its libraries'", ratio, 1.15)
        brought = {name for s in REQUEST_SERVICES for name in self.imports[s].heavy} & FORBIDDEN
        yield Goal("boto3, numpy or pandas in a request function", len(brought), 0)

    def _stack_goals(self) -> Iterable[Goal]:
        if self.delivery:
            p50 = percentile(self.delivery, 50) * 1000
            yield Goal("Commit to consumer, p50", p50, 50, "ms")
        if self.starts:
            yield Goal("Start of the stack when set up", median(self.starts), 3, "s")

    def _submission_goals(self) -> Iterable[Goal]:
        if self.submissions is None:
            return
        stored = self.submissions.stored
        for posted in self.submissions.posted:
            what = f"Item values by rwslib, {posted.how}"
            yield Goal(what, posted.rate, 5000, "a second", least=True)
            for limit, rate in (("with its trail", stored.kept), ("bare", stored.bare)):
                yield Goal(f"{what}: share of COPY {limit}", posted.rate / rate, 0.25, least=True)

    def _export_goals(self) -> Iterable[Goal]:
        if not self.exports:
            return
        largest = max(self.exports, key=lambda each: each.grown)
        what = f"Memory that an export of {largest.children:,} children takes at most"
        yield Goal(what, largest.grown, MEMORY, "MB")

    def _safety_goals(self) -> Iterable[Goal]:
        if self.safety is None:
            return
        p99 = percentile(self.safety.attempts, 99)
        yield Goal("Case put down to first webhook attempt, p99", p99, 1, "s")
        p50 = percentile(self.safety.reports, 50) * 1000
        yield Goal("Case to its ICSR, judged, p50", p50, 50, "ms")

    def _night_goals(self) -> Iterable[Goal]:
        if self.night is None:
            return
        yield Goal("Statistics of 100 participants, warm", self.night.warm, 1, "s")
        yield Goal("Statistics of 100 participants, cold", self.night.cold, 2, "s")
        for each in self.night.counted:
            what = f"Statistics of {each.participants:,} participants with the read"
            if each.participants in NIGHT:
                yield Goal(what, each.whole, NIGHT[each.participants], "s")
            yield Goal(f"{what}, as multiple of a bare GROUP BY", each.ratio, 2)
