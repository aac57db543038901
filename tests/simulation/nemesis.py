"""Does to a deployment what machines, networks and clocks do to it, at times that a seed draws."""

import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.simulation.proxy import MODES, Line, Mode
from tests.simulation.workshop import DISK_BYTES, Workshop, is_there

DAY = 86_400
JUMPS = (DAY, -DAY, 7, -7)
PROCESSES = ("server killed", "server stopped", "postgres killed", "postgres stopped")
KINDS = (
    *PROCESSES, "disk full", "clock jumped",
    *(f"{side} {mode}" for side in ("callers:", "database:") for mode in MODES),
)  # fmt: skip


class Nemesis:
    """Faults of one seed. ``server`` tells the process id of the one there is; what was done is
    written to ``report``."""

    def __init__(
        self, shop: Workshop, lines: tuple[Line, Line], report: Path, seed: int,
        server: Callable[[], int | None],
    ) -> None:  # fmt: skip
        self._shop = shop
        self._callers, self._database = lines
        self._report = report
        self._chance = random.Random(f"nemesis {seed}")
        self._server = server
        self._does: dict[str, Callable[[], Awaitable[None]]] = {
            "server killed": self._kill_server,
            "server stopped": self._stop_server,
            "postgres killed": self._kill_postgres,
            "postgres stopped": self._stop_postgres,
            "disk full": self._fill_disk,
            "clock jumped": self._jump_clock,
        }

    async def rage(self, kinds: list[str], seconds: float) -> None:
        """Do all of these, one at a time, within about so long."""
        if not kinds:
            await asyncio.sleep(seconds)
        for kind in self._chance.sample(kinds, len(kinds)):
            await asyncio.sleep(self._chance.uniform(0.3, 1.0) * seconds / len(kinds) / 2)
            if kind == "disk full" and not self._shop.mounted:
                continue
            self._note(kind)
            if kind in self._does:
                await self._does[kind]()
            else:
                await self._worsen(kind)

    async def calm(self) -> None:
        """Give back what was taken: lines, disk, clock, Postgres."""
        for line in (self._callers, self._database):
            line.mode = "pass"
            await line.hang_up()
        resize(self._shop.disk, DISK_BYTES)
        self._shop.clock.write_text("0", encoding="ascii")
        await self._start_postgres()

    async def _start_postgres(self) -> None:
        await asyncio.to_thread(self._shop.cluster.start)
        self._database.target = self._shop.cluster.port  # another one where the old was taken

    async def _kill_server(self) -> None:
        self._signal_server(signal.SIGKILL)

    async def _stop_server(self) -> None:
        self._signal_server(signal.SIGSTOP)
        await asyncio.sleep(self._chance.uniform(0.2, 1.3))
        self._signal_server(signal.SIGCONT)

    async def _kill_postgres(self) -> None:
        for process in self._shop.postgres_processes():
            _signal(process, signal.SIGKILL)
        await asyncio.sleep(self._chance.uniform(0, 0.3))
        await self._start_postgres()

    async def _stop_postgres(self) -> None:
        stopped = self._shop.postgres_processes()
        for process in stopped:
            _signal(process, signal.SIGSTOP)
        await asyncio.sleep(self._chance.uniform(0.2, 1.0))
        for process in stopped:
            _signal(process, signal.SIGCONT)

    async def _fill_disk(self) -> None:
        """No room for another page; a little later there is room again."""
        while not resize(self._shop.disk, shutil.disk_usage(self._shop.disk).used + 4096):
            pass  # it grew in between
        await asyncio.sleep(self._chance.uniform(0.3, 0.7))
        resize(self._shop.disk, DISK_BYTES)
        # Without room for its log Postgres ends itself; whoever looks after it starts it again.
        await self._start_postgres()

    async def _jump_clock(self) -> None:
        jump = self._chance.choice(JUMPS)
        self._shop.clock.write_text(str(jump), encoding="ascii")
        await asyncio.sleep(self._chance.uniform(0.3, 0.8))
        self._shop.clock.write_text("0", encoding="ascii")

    async def _worsen(self, kind: str) -> None:
        side, _, mode = kind.partition(": ")
        line = self._callers if side == "callers" else self._database
        assert mode in MODES
        as_mode: Mode = mode
        line.mode = as_mode
        await asyncio.sleep(self._chance.uniform(0.4, 0.8))
        line.mode = "pass"
        await line.hang_up()

    def _signal_server(self, number: signal.Signals) -> None:
        server = self._server()
        if server is not None and is_there(server):
            _signal(server, number)

    def _note(self, kind: str) -> None:
        with self._report.open("a", encoding="utf-8") as report:
            report.write(json.dumps({"fault": kind}) + "\n")


def resize(disk: Path, size: int) -> bool:
    """Give a disk of memory another size; False where it is none, or holds more than that."""
    command = ["mount", "-o", f"remount,size={size // 4096 * 4096}", disk]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _signal(process: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)
