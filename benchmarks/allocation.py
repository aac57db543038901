"""Allocations a second through HTTP, beside pgbench with the same statements."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import load, pgbench, server
from benchmarks.application import COOPERATIVE, THREADED, deployed_runner
from benchmarks.extent import Extent
from benchmarks.outcome import Figures, InvalidRun, Outcome, median_of
from benchmarks.processes import Python
from benchmarks.statements import Script, overhear
from benchmarks.trial import STRATA
from benchmarks.world import LOGIN, Database, Databases
from infra.local.home import POOL_SIZE

PGBENCH = "pgbench"
LOAD_SECONDS = 60
WARM_UP = 4  # one request for so many that are measured
# Where the two ways to wait for the database are compared; elsewhere the one as shipped is shown.
BOTH_RUNNERS = frozenset({1, 16})


@dataclass(frozen=True)
class Scene:
    """How many ask at once, for children of how many strata, and how often in all.

    A service has at most ``POOL_SIZE`` connections to the database, so pgbench gets no more: with
    one for each of many clients it would mostly get in its own way.
    """

    clients: int
    strata: int
    warm_up: int
    count: int

    @property
    def name(self) -> str:
        clients = "1 client" if self.clients == 1 else f"{self.clients} clients"
        return f"{clients}, {'one stratum' if self.strata == 1 else f'{self.strata} strata'}"

    @property
    def connections(self) -> int:
        return min(self.clients, POOL_SIZE)

    def contestants(self) -> list[str]:
        runners = [COOPERATIVE, THREADED]
        return [PGBENCH, *(runners if self.clients in BOTH_RUNNERS else [deployed_runner()])]


@dataclass(frozen=True)
class Comparison:
    """Figures by contestant (pgbench and the runners), one a round."""

    scene: Scene
    rounds: Mapping[str, Sequence[Figures]]

    def figures(self, contestant: str) -> Figures:
        return median_of(self.rounds[contestant])

    def ratio(self, contestant: str) -> float:
        """Its rate over pgbench's, compared within each round, so that a drift of the machine
        weighs on both."""
        pairs = zip(self.rounds[contestant], self.rounds[PGBENCH], strict=True)
        return median(own.rate / limit.rate for own, limit in pairs)


def scenes(extent: Extent) -> Iterator[Scene]:
    """One stratum that all are in, then all strata, each with every number of clients."""
    for strata in (1, len(STRATA)):
        for clients in extent.clients:
            count = extent.requests if clients > 1 else extent.requests_alone
            yield Scene(clients, strata, count // WARM_UP, count)


class Contest:
    """Measures one contestant at a time, each on a database in which nobody is allocated yet."""

    def __init__(self, python: Python, databases: Databases, folder: Path) -> None:
        self._python = python
        self._databases = databases
        self._folder = folder
        self._scripts: list[Script] = []

    def compare(self, extent: Extent) -> list[Comparison]:
        """All scenes, in rounds; as many rounds as the time allows, but at least one."""
        self._overhear()
        found: dict[Scene, dict[str, list[Figures]]] = {
            scene: {contestant: [] for contestant in scene.contestants()}
            for scene in scenes(extent)
        }
        began = time.monotonic()
        for done in range(extent.rounds):
            if done and (time.monotonic() - began) * (done + 1) / done > extent.seconds:
                break
            for scene, contestants in found.items():
                for contestant, figures in contestants.items():
                    figures.append(Figures.of(self.measure(contestant, scene)))
        return [Comparison(scene, rounds) for scene, rounds in found.items()]

    def measure(self, contestant: str, scene: Scene) -> Outcome:
        """One run. Raises ``InvalidRun`` where the database is not as it must be afterwards."""
        with self._databases.fresh() as database:
            if contestant == PGBENCH:
                outcome = self._by_pgbench(database, scene)
            else:
                outcome = self._by_http(database, contestant, scene)
            if outcome.refused or len(outcome.latencies) != scene.count:
                raise InvalidRun(f"{contestant}: {outcome.refused} requests were refused")
            database.verify(scene.warm_up + scene.count, opened=contestant != PGBENCH)
        return outcome

    def _overhear(self) -> None:
        with self._databases.fresh() as database:
            for place, stratum in enumerate(STRATA):
                self._scripts.append(overhear(database, self._folder, stratum, place))

    def _by_pgbench(self, database: Database, scene: Scene) -> Outcome:
        return pgbench.run(
            self._databases.programs, database, self._scripts[: scene.strata],
            connections=scene.connections, warm_up=scene.warm_up, count=scene.count,
        )  # fmt: skip

    def _by_http(self, database: Database, runner: str, scene: Scene) -> Outcome:
        url = database.url(LOGIN)
        with server.serving(self._python, url, self._folder, runner, scene.connections) as port:
            job = load.Load(
                port=port, folder=str(self._folder), clients=scene.clients, warm_up=scene.warm_up,
                count=scene.count, strata=scene.strata, seconds=LOAD_SECONDS,
            )  # fmt: skip
            return load.run(self._python, job)
