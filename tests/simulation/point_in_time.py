"""A cluster that archives its log, lost, and restored to a moment before what others saw of it."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from infra.postgres import Cluster
from tests.simulation.restoring import back_up
from tests.simulation.workshop import SETTINGS, Workshop

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Archived:
    """A cluster that archives. ``restore`` ends it, and serves what it was at an instant."""

    shop: Workshop
    folder: Path
    archive: Path

    def back_up(self) -> None:
        """Take the backup that restores begin with."""
        back_up(self.shop.cluster, self.folder / "postgres" / "data")

    def now(self) -> str:
        """An instant by the database's clock, with time before and after it."""
        with self.shop.admin() as admin:
            admin.execute("SELECT pg_sleep(0.2)")
            row = admin.execute("SELECT clock_timestamp()::text").fetchone()
            admin.execute("SELECT pg_sleep(0.2)")
        assert row is not None
        return str(row[0])

    def restore(self, to: str) -> Cluster:
        """The cluster as it was at ``to``; the other is gone, as if its machine were."""
        self._archive_all()
        other = Cluster(self.folder / "postgres", settings=SETTINGS)
        for name in ("postgres.password", "postgres.json"):
            shutil.copy(self.shop.cluster.home / name, other.home / name)
        data = other.home / "data"
        with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
            settings.write(
                f"restore_command = 'cp {self.archive}/%f %p'\n"
                f"recovery_target_time = '{to}'\nrecovery_target_action = 'promote'\n"
            )
        (data / "recovery.signal").touch()
        _give(data / "recovery.signal", like=data)
        self.shop.cluster.stop()
        other.start()
        _wait(lambda: _is(other, "SELECT NOT pg_is_in_recovery()"))
        return other

    def _archive_all(self) -> None:
        with self.shop.admin() as admin:
            (last,) = admin.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone() or ("",)
        _wait((self.archive / str(last)).exists)


@contextmanager
def archived(shop: Workshop) -> Iterator[Archived]:
    """The workshop's cluster archives its log meanwhile, and is itself again at the end."""
    folder = shop.folder / "point-in-time"
    archive = folder / "archive"
    (folder / "postgres").mkdir(parents=True)
    archive.mkdir()
    for each in (folder, folder / "postgres"):
        each.chmod(0o711)
    own = shop.cluster
    _give(archive, like=own.data_directory)
    settings = SETTINGS | {
        "archive_mode": "on",
        "archive_command": f"cp %p {archive}/.%f && mv {archive}/.%f {archive}/%f",
    }
    own.stop()
    shop.cluster = Cluster(own.home, settings=settings)
    try:
        shop.cluster.start()
        yield Archived(shop, folder, archive)
    finally:
        shop.cluster.stop()
        shop.cluster = own
        Cluster(folder / "postgres").destroy()
        shutil.rmtree(folder, ignore_errors=True)
        own.start()


def _give(file: Path, *, like: Path) -> None:
    owner = like.stat()
    os.chown(file, owner.st_uid, owner.st_gid)


def _is(cluster: Cluster, query: str) -> bool:
    with psycopg.connect(cluster.superuser_url()) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row == (True,)


def _wait(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not true():
        if time.monotonic() > ends:
            raise TimeoutError("it did not come about")
        time.sleep(0.05)
