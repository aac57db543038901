"""The stack of one machine as a person has it: how soon it answers, and how soon an event is done.

It is the real ``induct run`` in a process of its own, on a home and a port of its own.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from shutil import rmtree
from subprocess import Popen, TimeoutExpired

from benchmarks.outcome import InvalidRun
from benchmarks.processes import Python, end
from infra.local.home import Home
from infra.ports import free_port
from infra.postgres import Cluster

SET_UP_SECONDS = 180
_COMMAND = "from infra.cli.main import main; main()"


class Stack:
    """A home, empty at first. Deleted, with its database, at the end of the block."""

    def __init__(self, python: Python, folder: Path, **environment: str) -> None:
        self._python = python
        self._environment = environment
        self.home = Home(folder, free_port())
        self.cluster = Cluster(self.home.postgres)
        self.pid = 0

    def __enter__(self) -> "Stack":
        return self

    def __exit__(self, *_: object) -> None:
        self.cluster.destroy()
        rmtree(self.home.folder, ignore_errors=True)

    @contextmanager
    def running(self) -> Iterator[float]:
        """The stack, for as long as the block lasts; gives the seconds until it answered."""
        started = time.perf_counter()
        process = self._python.start(
            "-c", _COMMAND, "run",
            INDUCT_HOME=str(self.home.folder), INDUCT_PORT=str(self.home.port),
            **self._environment,
        )  # fmt: skip
        try:
            self._await_answer(process)
            self.pid = process.pid
            yield time.perf_counter() - started
        finally:
            _interrupt(process)

    def start_times(self, starts: int) -> list[float]:
        """Seconds that each of so many starts took, once it was set up."""
        found = []
        for _ in range(starts + 1):
            with self.running() as seconds:
                found.append(seconds)
        return found[1:]

    def _await_answer(self, process: "Popen[str]") -> None:
        ends = time.monotonic() + SET_UP_SECONDS
        while not self._answers():
            if process.poll() is not None or time.monotonic() > ends:
                raise InvalidRun("the stack did not start")
            time.sleep(0.005)

    def _answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.home.port, timeout=5)
        try:
            connection.request("GET", "/randomization/ready")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


def _interrupt(process: "Popen[str]") -> None:
    """Ctrl-C; without effect, more than that."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(20)
    except TimeoutExpired:
        process.kill()
    end(process)
