"""One seed: a deployment under faults, then without, and what its checker finds."""

import asyncio
import json
import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from infra.database.cast import PLATFORM
from infra.local.home import LoginUrls
from tests.simulation import alarms, checker
from tests.simulation.client import Caller, Log
from tests.simulation.desk import Desk
from tests.simulation.nemesis import DAY, KINDS, Nemesis
from tests.simulation.proxy import Line
from tests.simulation.stories import Storyteller, night
from tests.simulation.workshop import Order, Workshop, answers, is_there, until

CALLERS = 5
FAULTS_AT_ONCE = 4
RAGE_SECONDS = 2.0
# In one seed of so many a night is computed, and so much later each due date has passed.
NIGHT_EVERY, DUE_EVERY = 8, 10
DUE_DAYS = 40
CONVERGES_WITHIN_SECONDS = 60.0
ACTIVATED = FIRED = 0.25


@dataclass
class Report:
    """What came of a seed. ``violations`` is empty where every invariant holds."""

    seed: int
    folder: Path
    faults: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    unknown_operations: int = 0
    abandoned: int = 0
    converged_seconds: float = 0.0
    dead_letters: int = 0
    violations: list[str] = field(default_factory=list)

    def words(self) -> str:
        """For a person: what was done, what came of it."""
        outcomes = Counter(key.rpartition(" ")[2] for key in self.outcomes.elements())
        faults = ", ".join(f"{name} x{count}" for name, count in sorted(self.faults.items()))
        return (
            f"seed {self.seed}: {dict(outcomes)}, converged in {self.converged_seconds:.1f} s, "
            f"{self.dead_letters} dead letters redriven; faults: {faults}"
        )


def kinds_of(seed: int) -> list[str]:
    """The faults of a seed: of four seeds together all kinds, each time in other company."""
    round_, turn = divmod(seed, len(KINDS) // FAULTS_AT_ONCE)
    order = random.Random(f"round {round_}").sample(KINDS, len(KINDS))
    return order[turn * FAULTS_AT_ONCE : (turn + 1) * FAULTS_AT_ONCE]


def run_seed(shop: Workshop, seed: int, keep: Path | None = None) -> Report:
    """Run a seed. The logs of one that fails are left in ``keep``."""
    folder = shop.folder / f"seed-{seed}"
    folder.mkdir()
    report = Report(seed, folder)
    try:
        with shop.database(f"seed_{seed}") as database:
            run = Run(shop, report, database, kinds_of(seed))
            asyncio.run(run.through())
            run.sum_up()
            report.violations += checker.check(shop, database, folder, run.log)
    except Exception as error:  # told with the seed, so that it can be run again
        report.violations.append(f"the run itself: {type(error).__name__}: {error}")
    if report.violations and keep is not None:
        report.folder = keep / f"seed-{seed}"
        shutil.copytree(folder, report.folder, dirs_exist_ok=True)
        shutil.copy(shop.cluster.log_file, report.folder / "postgres.log")
    shutil.rmtree(folder)
    return report


class Run:
    """A deployment on one database, with callers, from its start to its end.

    ``kinds`` are the faults; without any, bus, desk and code behave as well.
    """

    def __init__(self, shop: Workshop, report: Report, database: str, kinds: list[str]) -> None:
        self._shop, self._seed, self._folder = shop, report.seed, report.folder
        self._database, self._report, self._kinds = database, report, kinds
        self.log = Log(report.folder / "operations.jsonl")
        self._server: int | None = None
        self._looking: psycopg.Connection[Any] | None = None
        self._made = 0
        self._raging = True

    async def through(self) -> None:
        """From the start over the faults to the end, when nothing waits any more."""
        self._shop.clock.write_text("0", encoding="ascii")
        async with (
            Desk(self._shop.desk_port) as desk,
            Line(self._shop.home.port, f"callers {self._seed}") as callers,
            Line(self._shop.cluster.port, f"database {self._seed}") as database,
        ):
            desk.begin(self._seed, self._folder / "desk.jsonl", unruly=bool(self._kinds))
            self._start(database.port)
            keeper = asyncio.create_task(self._keep_running(database.port))
            await until(lambda: answers(self._shop.home.url))
            # Some calls go round the bad line, so that not everything hangs on it.
            doors = [callers.port if n % 2 else self._shop.home.port for n in range(CALLERS)]
            telling = [asyncio.create_task(self._tell(n, port)) for n, port in enumerate(doors)]
            if self._has_night:
                telling.append(asyncio.create_task(self._ask_for_night(doors[0])))
            nemesis = Nemesis(
                self._shop, (callers, database), self._folder / "faults.jsonl", self._seed,
                lambda: self._server,
            )  # fmt: skip
            await nemesis.rage(self._kinds, RAGE_SECONDS)
            await nemesis.calm()
            desk.unruly = self._raging = False
            began = time.monotonic()
            await self._end(signal.SIGKILL)  # who looks after it starts it again, without faults
            await self._converge(telling)
            self._report.converged_seconds = time.monotonic() - began
            if self._seed % DUE_EVERY == 0:
                await self._let_due_dates_pass()
            self._note_harm({"callers": callers, "database": database})
            keeper.cancel()
            await self._end()
            # A sweep of the minute may have told somebody something as the server was ended.
            while not self._is_still():
                self._start(database.port)
                await until(self._is_still, CONVERGES_WITHIN_SECONDS)
                await self._end()
        if self._looking is not None:
            self._looking.close()

    async def _converge(self, telling: list["asyncio.Task[None]"]) -> None:
        await asyncio.wait_for(asyncio.gather(*telling), CONVERGES_WITHIN_SECONDS)
        await until(self._is_still, CONVERGES_WITHIN_SECONDS)
        if self._redrive():
            await until(self._is_still, CONVERGES_WITHIN_SECONDS)

    def _note_harm(self, lines: Mapping[str, Line]) -> None:
        for side, line in lines.items():
            for mode, count in line.harmed.items():
                self._report.faults[f"{side}: {mode}, pieces"] = count

    # The server and who looks after it --------------------------------------------------------

    def _start(self, database_port: int) -> None:
        self._made += 1
        name = f"{self._seed}/{self._made}"
        faults = {
            "seed": name, "activated": ACTIVATED, "fired": FIRED,
            "report": str(self._folder / "faults.jsonl"),
        }  # fmt: skip
        raging = self._raging and bool(self._kinds)
        order = Order(
            self._database, database_port, self._folder, bus=name if raging else None,
            faults=json.dumps(faults) if raging else None, night=self._has_night,
        )  # fmt: skip
        self._server = self._shop.make_server(order)

    async def _keep_running(self, database_port: int) -> None:
        """As a service manager does: start again what has ended."""
        while True:
            if self._server is None or not is_there(self._server):
                self._start(database_port)
            await asyncio.sleep(0.05)

    async def _end(self, how: signal.Signals = signal.SIGTERM) -> None:
        server = self._server
        if server is not None and is_there(server):
            os.kill(server, how)
            os.kill(server, signal.SIGCONT)
            await until(lambda: not is_there(server))

    # What happens meanwhile -------------------------------------------------------------------

    async def _tell(self, number: int, port: int) -> None:
        caller = Caller(self._shop.home, port, self.log, f"caller {self._seed}/{number}")
        teller = Storyteller(caller, self._seed, lambda: not (self._raging and self._kinds))
        child = number
        try:
            while self._raging:
                await teller.tell(child)
                child += CALLERS
        finally:
            await caller.close()

    @property
    def _has_night(self) -> bool:
        return self._seed % NIGHT_EVERY == 0

    async def _ask_for_night(self, port: int) -> None:
        caller = Caller(self._shop.home, port, self.log, f"night {self._seed}")
        try:
            await caller.want(night(self._seed), lambda: False)
        finally:
            await caller.close()

    async def _let_due_dates_pass(self) -> None:
        """So much later somebody must have been told of everything that nobody saw to."""
        self._shop.clock.write_text(str(DUE_DAYS * DAY), encoding="ascii")
        await until(lambda: not self._count(checker.OVERDUE), CONVERGES_WITHIN_SECONDS)
        await until(self._is_still, CONVERGES_WITHIN_SECONDS)
        self._report.faults["due dates passed"] = 1

    def _is_still(self) -> bool:
        """Whether nothing waits any more: no event, no delivery, no notice."""
        return not self._count(checker.WAITING)

    def _count(self, query: str) -> int:
        if self._looking is None or self._looking.closed:
            self._looking = self._shop.admin(self._database)
        row = self._looking.execute(query.encode()).fetchone()
        assert row is not None
        return int(row[0])

    def _redrive(self) -> int:
        """As an operator does with dead letters: called, and when their cause is gone."""
        self._note_alarms()
        with self._shop.admin(self._database) as admin:
            self._report.dead_letters = admin.execute(checker.REDRIVE).rowcount
        self._note_alarms()
        return self._report.dead_letters

    def _note_alarms(self) -> None:
        shop = self._shop
        logins = LoginUrls(shop.cluster.superuser_url(), self._database, shop.home.secrets())
        with shop.admin(self._database) as admin:
            alarms.note(admin, logins.url(PLATFORM), self._folder)

    def sum_up(self) -> None:
        """Put into the report what was done, and what came of it."""
        report, operations = self._report, self.log.operations.values()
        report.outcomes = self.log.outcomes
        report.unknown_operations = sum(each.unknowns > 0 for each in operations)
        report.abandoned = sum(each.abandoned for each in operations)
        file = self._folder / "faults.jsonl"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        report.faults.update(json.loads(line)["fault"] for line in lines)
