"""Processes of our own, with their bytecode compiled and kept out of the project."""

import os
import sys
from pathlib import Path
from subprocess import PIPE, Popen, TimeoutExpired, run


class Python:
    """Starts Python modules and code; ``folder`` takes the bytecode they compile."""

    def __init__(self, folder: Path) -> None:
        self._environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("INDUCT_", "DATABASE_URL", "PYTHONDONTWRITEBYTECODE"))
        } | {"PYTHONPYCACHEPREFIX": str(folder / "bytecode")}

    def answer(self, *arguments: str, given: str = "", seconds: float = 60) -> str:
        """What a process prints, given this input. Raises where it fails or takes longer."""
        ended = run(
            [sys.executable, *arguments], input=given, text=True, stdout=PIPE, check=True,
            timeout=seconds, env=self._environment,
        )  # fmt: skip
        return ended.stdout

    def start(self, *arguments: str, **environment: str) -> "Popen[str]":
        """A process with pipes for input and output; the caller ends it."""
        return Popen(
            [sys.executable, *arguments], stdin=PIPE, stdout=PIPE, text=True,
            env=self._environment | environment,
        )  # fmt: skip


def end(process: "Popen[str]", seconds: float = 15) -> None:
    """See to it that the process is gone, by force where it has not ended by then."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(seconds)
    except TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
