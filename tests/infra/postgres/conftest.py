"""Clusters in folders that an unprivileged account can reach, gone after the test."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.postgres import Cluster

MakeCluster = Callable[..., Cluster]


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """pytest's own temporary folders have mode 0700: as root, data would never lie in them."""
    folder = Path(tempfile.mkdtemp(prefix="induct-pg-")).resolve()
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def running(open_folder: Path) -> Iterator[Cluster]:
    """One running cluster for the tests that only look."""
    cluster = Cluster(open_folder / "shared", fallback_root=open_folder / "fallback")
    cluster.start()
    yield cluster
    cluster.destroy()


@pytest.fixture(scope="module")
def victim(open_folder: Path) -> Iterator[Cluster]:
    """One cluster for the tests that stop, kill and start; each begins with `start()`."""
    cluster = Cluster(open_folder / "victim", fallback_root=open_folder / "fallback")
    yield cluster
    cluster.destroy()


@pytest.fixture
def make_cluster(open_folder: Path) -> Iterator[MakeCluster]:
    """Build clusters below the open folder; all are destroyed at the end."""
    made: list[Cluster] = []

    def make(name: str | Path, **options: object) -> Cluster:
        options = {"fallback_root": open_folder / "fallback", **options}
        made.append(Cluster(open_folder / name, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for cluster in made:
        cluster.destroy()
