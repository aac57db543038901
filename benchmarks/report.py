"""The results as a page: the goals first, then what they were read from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.allocation import PGBENCH, Comparison
from benchmarks.imports import BARE, ImportTime
from benchmarks.outcome import percentile

# The functions that answer requests in the course of a visit; analytics works at night.
REQUEST_SERVICES = ("randomization", "assessments", "safety")
FORBIDDEN = frozenset({"boto3", "numpy", "pandas"})


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
    imports: Mapping[str, ImportTime] = field(default_factory=dict)
    delivery: Sequence[float] = ()
    starts: Sequence[float] = ()

    def goals(self) -> list[Goal]:
        """The goals and what became of them."""
        return [*self._allocation_goals(), *self._import_goals(), *self._stack_goals()]

    def _allocation_goals(self) -> Iterable[Goal]:
        for comparison in self.comparisons:
            ratio = comparison.ratio(self.deployed)
            yield Goal(f"Allocations, {_scene(comparison)}: share of pgbench's rate", ratio, 0.4,
                       least=True)  # fmt: skip
            if comparison.scene.clients == 1:
                p50 = comparison.figures(self.deployed).p50
                yield Goal("Allocation at 1 client, p50", p50, 5, "ms")

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


def tables(results: Results) -> str:
    """The figures alone, for a screen."""
    goals = _table(("What", "Measured", "Goal", ""), [goal.row() for goal in results.goals()])
    found = [goals]
    if results.comparisons:
        found.append(_allocation_table(results))
    if results.imports:
        found.append(_imports_table(results))
    if results.delivery:
        found.append(_delivery_table(results))
    return "\n\n".join(found)


def page(results: Results, date: str) -> str:
    """The page in Markdown."""
    goals = _table(("What", "Measured", "Goal", ""), [goal.row() for goal in results.goals()])
    machine = _table(("", ""), list(results.machine.items()))
    return _PAGE.format(
        date=date,
        goals=goals,
        allocation=_allocation_table(results),
        rounds=len(results.comparisons[0].rounds[PGBENCH]),
        deployed=results.deployed,
        imports=_imports_table(results),
        delivery=_delivery_table(results),
        starts=", ".join(f"{seconds:.2f}" for seconds in results.starts),
        machine=machine,
    )


def _allocation_table(results: Results) -> str:
    rows = []
    for comparison in results.comparisons:
        for contestant in comparison.rounds:
            figures = comparison.figures(contestant)
            ratio = f"{comparison.ratio(contestant):.2f}"
            rows.append((
                _scene(comparison), contestant, f"{figures.rate:.0f}", f"{figures.p50:.1f} ms",
                f"{figures.p99:.1f} ms", ratio,
            ))  # fmt: skip
    return _table(("Clients", "By", "Allocations/s", "p50", "p99", "Share of pgbench"), rows)


def _scene(comparison: Comparison) -> str:
    clients, strata = comparison.scene.clients, comparison.scene.strata
    if clients == 1:
        return "1 client"
    return f"{clients} clients, {'one stratum' if strata == 1 else f'{strata} strata'}"


def _imports_table(results: Results) -> str:
    bare = results.imports[BARE]
    rows = [
        (f"`{name}`", f"{found.cpu * 1000:.0f} ms", f"{found.wall * 1000:.0f} ms",
         f"{found.cpu / bare.cpu:.2f}", f"{found.whole_cpu / bare.cpu:.2f}",
         ", ".join(found.heavy) or "none")
        for name, found in results.imports.items()
    ]  # fmt: skip
    head = (
        "Import of",
        "CPU time",
        "Elapsed",
        "Multiple",
        "With the driver",
        "Heavy modules",
    )
    return _table(head, rows)


def _delivery_table(results: Results) -> str:
    shown = [f"{percentile(results.delivery, percent) * 1000:.1f} ms" for percent in (50, 95, 99)]
    return _table(("Events", "p50", "p95", "p99"), [(str(len(results.delivery)), *shown)])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


_PAGE = """# Benchmarks

Written by `make bench` on {date}. What counts is each share: it sets Induct beside what the same
machine can do at the same moment. Absolute numbers are this machine's.

## Goals

{goals}

## Allocation

{allocation}

`pgbench` sends the statements that the endpoint sends, overheard from a real request, as prepared
statements of the same login over as many connections, and does nothing else: it is the limit that
Postgres sets. `cooperative` and `threaded` are the endpoint over HTTP on loopback with kept-alive
connections: uvicorn in one process, the load in another, Postgres with at most ten connections.
They differ in how a request's database work is run: with the asynchronous driver on the event loop,
or with the blocking one in a thread. The app as shipped is `{deployed}`; goals are judged by it.
All three share the processor cores, load included. Each figure is the median of {rounds} rounds,
each on a freshly filled database; a share compares within a round. In one stratum, every
allocation waits for the one before to be on disk.

After each run the database is searched: every slot taken is the next of its stratum, every child
that got an answer has one slot, one allocation of that arm, one event, one stored answer and its
audit trail. Otherwise the run does not count and the command fails.

## From commit to consumer

{delivery}

In the running stack: from the outbox row of `subject.registered` to the row in the consumer's inbox
(randomization's screening log), by the clock of the database; one event after another.

## Import of the Lambda entries

{imports}

Each in a fresh interpreter with its bytecode compiled, in turn; medians of seven. Multiples are of
CPU time, which other work on the machine disturbs least. An entry leaves the database's
driver, and what verifies tokens, to the first request that needs them. "With the driver" is the
multiple when all four libraries of the first line are imported too: what of the difference is ours.

## Start of the stack

`induct run` on a home that was set up before, until a request that needs the database is answered:
{starts} seconds.

## Machine

{machine}

## How to repeat

`make bench` takes three to four minutes and needs the machine for itself. It makes its own Postgres
and its own homes in a temporary folder and deletes them. `python -m benchmarks --help` tells how to
measure a part alone.
"""
