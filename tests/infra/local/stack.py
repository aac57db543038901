"""A whole stack in a process of its own, to be spoken to, killed and started again."""

import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from infra.local.home import Home
from infra.ports import free_port
from infra.postgres import Cluster
from tests.support.commands import call
from tests.support.deployment import call as call_as
from tests.support.places import memory

PATIENCE_SECONDS = 60


class Stack:
    """``induct run`` with a home and a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder, free_port())
        self.environment = os.environ | {
            "INDUCT_HOME": str(folder),
            "INDUCT_PORT": str(self.home.port),
        }
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> str:
        """Start it and wait until it says that it takes calls; answer what it said."""
        self._process = self.command("run")
        said = []
        stdout = self._process.stdout
        assert stdout is not None
        for line in stdout:
            said.append(line)
            if "Ctrl-C" in line:
                return "".join(said)
        raise AssertionError("the stack did not start:\n" + "".join(said))

    def command(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "infra.cli", *words],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *words: str) -> tuple[int, str]:
        """A command of ``induct`` on this home: its exit code and what it printed."""
        said = io.StringIO()
        return call(*words, environment=self.environment, out=said, err=said), said.getvalue()

    def run_apart(self, *words: str) -> tuple[int, str]:
        """The same in a process of its own."""
        process = self.command(*words)
        output, _ = process.communicate(timeout=240)
        return process.returncode, output

    def kill(self) -> None:
        """As power loss of the process: SIGKILL, no farewell."""
        self._end(signal.SIGKILL)

    def interrupt(self) -> tuple[int, str]:
        """Ctrl-C; the exit code and the last words."""
        return self._end(signal.SIGINT)

    def terminate(self) -> tuple[int, str]:
        """As a service manager does; the exit code and the last words."""
        return self._end(signal.SIGTERM)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def destroy(self) -> None:
        if self.is_running():
            self.interrupt()
        Cluster(self.home.postgres).destroy()

    @property
    def url(self) -> str:
        return self.home.url

    def night(self, study: str) -> None:
        code, said = self.run("analytics", "run", "--study", study)
        assert code == 0, said

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        return call_as(self, method, path, **more)

    def _end(self, how: signal.Signals) -> tuple[int, str]:
        process = self._process
        assert process is not None
        process.send_signal(how)
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
        return process.returncode, output


def started(stack: Stack) -> Stack:
    """The stack, started where nobody did so yet or a test stopped it."""
    if not stack.is_running():
        stack.start()
    return stack


@contextmanager
def temporary() -> Iterator[Stack]:
    """A stack, not started yet; gone as soon as nobody needs it: one that idles takes from the
    others."""
    folder = Path(tempfile.mkdtemp(prefix="induct-stack-", dir=memory()))
    folder.chmod(0o755)
    made = Stack(folder)
    try:
        yield made
    finally:
        made.destroy()
        shutil.rmtree(folder, ignore_errors=True)
