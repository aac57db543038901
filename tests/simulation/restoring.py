"""A backup of a running cluster, taken by Postgres' own means, and a new cluster made of it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from infra.postgres import Cluster
from infra.postgres.probe import HOST, SUPERUSER
from tests.support.places import memory


@dataclass(frozen=True)
class Restored:
    """A cluster that was restored."""

    cluster: Cluster

    def admin(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(self.cluster.superuser_url(database), autocommit=True)


@contextmanager
def restored(original: Cluster) -> Iterator[Restored]:
    """Take a backup of ``original``, stop it as if its machine were gone, and serve the backup.

    The original runs again at the end.
    """
    folder = Path(tempfile.mkdtemp(prefix="induct-restored-", dir=memory()))
    folder.chmod(0o711)
    other = Cluster(folder / "postgres")
    other.home.mkdir()
    other.home.chmod(0o711)
    back_up(original, other.home / "data")
    for name in ("postgres.password", "postgres.json"):
        shutil.copy(original.home / name, other.home / name)
    original.stop()
    try:
        other.start()
        yield Restored(other)
    finally:
        other.destroy()
        shutil.rmtree(folder, ignore_errors=True)
        original.start()


def back_up(cluster: Cluster, to: Path) -> None:
    """Copy the cluster's data, as it runs, into a folder that is not there yet."""
    program = cluster.binaries().directory / "pg_basebackup"
    password = cluster.superuser_url().split(":", 2)[2].rpartition("@")[0]
    subprocess.run(
        [program, "-h", HOST, "-p", str(cluster.port), "-U", SUPERUSER, "-D", to, "-c", "fast"],
        env=os.environ | {"PGPASSWORD": password}, check=True, capture_output=True,
    )  # fmt: skip
    owner = cluster.data_directory.stat()
    for entry in (to, *to.rglob("*")):
        os.chown(entry, owner.st_uid, owner.st_gid, follow_symlinks=False)
