"""Allocations a second through HTTP, beside pgbench with the same statements."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import load, pgbench, server
from benchmarks.application import RUNNERS, token
from benchmarks.outcome import Figures, Outcome, median_of
from benchmarks.processes import Python
from benchmarks.statements import Script, overhear
from benchmarks.world import FIRST, STRATA, Database, Databases, InvalidRun
from infra.local.home import POOL_SIZE

PGBENCH = "pgbench"
ROUNDS = 3
BUDGET_SECONDS = 150
LOAD_SECONDS = 60


@dataclass(frozen=True)
class Scene:
    """How many ask at once, for children of how many strata, and how often in all."""

    clients: int
    strata: int
    warm_up: int
    count: int


SCENES = (Scene(1, 1, 50, 500), Scene(16, 1, 160, 1600), Scene(16, 4, 160, 1600))


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


class Contest:
    """Measures one contestant at a time, each on a database in which nobody is allocated yet."""

    def __init__(self, python: Python, databases: Databases, folder: Path) -> None:
        self._python = python
        self._databases = databases
        self._folder = folder
        self._scripts: list[Script] = []
        self._token = token(folder)

    def compare(self) -> list[Comparison]:
        """All scenes, in rounds; as many rounds as the time allows, but at least one."""
        self._overhear()
        found: dict[Scene, dict[str, list[Figures]]] = {
            scene: {contestant: [] for contestant in (PGBENCH, *RUNNERS)} for scene in SCENES
        }
        began = time.monotonic()
        for done in range(ROUNDS):
            if done and (time.monotonic() - began) * (done + 1) / done > BUDGET_SECONDS:
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
            database.verify(scene.warm_up + scene.count)
        if outcome.refused or len(outcome.latencies) != scene.count:
            raise InvalidRun(f"{contestant}: {outcome.refused} requests were refused")
        return outcome

    def _overhear(self) -> None:
        for stratum in STRATA:
            with self._databases.fresh() as database:
                self._scripts.append(overhear(database, self._folder, stratum))

    def _by_pgbench(self, database: Database, scene: Scene) -> Outcome:
        return pgbench.run(
            self._databases.programs, database, self._scripts[: scene.strata],
            clients=scene.clients, warm_up=scene.warm_up, count=scene.count,
        )  # fmt: skip

    def _by_http(self, database: Database, runner: str, scene: Scene) -> Outcome:
        url = database.url(pgbench.LOGIN)
        connections = min(scene.clients, POOL_SIZE)
        with server.serving(self._python, url, self._folder, runner, connections) as port:
            job = load.Load(
                port=port, token=self._token, clients=scene.clients, first=FIRST,
                warm_up=scene.warm_up, count=scene.count, strata=scene.strata, seconds=LOAD_SECONDS,
            )  # fmt: skip
            return load.run(self._python, job)
