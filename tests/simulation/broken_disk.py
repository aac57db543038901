"""A Postgres whose disk fails at fsync while a test wants it to."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

from infra.postgres import server
from tests.simulation.workshop import Workshop

SOURCE = Path(__file__).with_suffix(".c")
COMPILER = shutil.which("cc")


@dataclass(frozen=True)
class BrokenDisk:
    """``fail`` makes the log, or the other files, impossible to make safe; ``mend`` ends that."""

    flag: Path

    def fail(self, what: Literal["wal", "data"]) -> None:
        self._flag(what).touch()

    def mend(self) -> None:
        for what in ("wal", "data"):
            self._flag(what).unlink(missing_ok=True)

    def fails(self) -> bool:
        return any(self._flag(what).exists() for what in ("wal", "data"))

    def _flag(self, what: str) -> Path:
        return self.flag.with_name(f"{self.flag.name}.{what}")


@contextmanager
def breakable(shop: Workshop) -> Iterator[BrokenDisk]:
    """The workshop's Postgres runs on such a disk meanwhile."""
    disk, library = BrokenDisk(shop.folder / "broken"), shop.folder / "disk.so"
    _compile(library, disk.flag)
    as_ever = server.spawn_detached

    def spawn(
        command: Sequence[Any], account: Any, log_file: Path, variables: Mapping[str, str]
    ) -> int:
        return as_ever(command, account, log_file, {**variables, "LD_PRELOAD": str(library)})

    shop.cluster.stop()
    try:
        with patch.object(server, "spawn_detached", spawn):
            shop.cluster.start()
            yield disk
            disk.mend()
            shop.cluster.stop()
    finally:
        disk.mend()
        shop.cluster.start()


def _compile(library: Path, flag: Path) -> None:
    assert COMPILER is not None
    options = ["-shared", "-fPIC", "-O1", f'-DFLAG="{flag}"', "-o", library, SOURCE, "-ldl"]
    subprocess.run([COMPILER, *options], check=True, capture_output=True)
    library.chmod(0o755)
