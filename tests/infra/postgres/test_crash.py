"""Nothing acknowledged is lost, and start() recovers, whatever is killed and when."""

import os
import signal
import subprocess
import threading
from pathlib import Path

import psycopg
import pytest

from infra.postgres import Cluster
from infra.postgres.account import account_for
from tests.infra.postgres.conftest import MakeCluster
from tests.infra.postgres.support import (
    connect,
    family,
    kill_everything,
    lasting_child,
    needs_proc,
    output_of,
    python,
    value,
)

pytestmark = needs_proc

ROUNDS = 4

DIE_AT = """
import importlib, os, signal, sys
from pathlib import Path
from infra.postgres import Cluster
module, _, name = sys.argv[3].rpartition(":")
owner = importlib.import_module(module)
*outer, name = name.split(".")
for part in outer:
    owner = getattr(owner, part)
original = getattr(owner, name)
def deadly(*args, **kwargs):
    original(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(owner, name, deadly)
Cluster(Path(sys.argv[1]), fallback_root=Path(sys.argv[2])).start()
"""

UNREAPED = """
import ctypes, sys
from pathlib import Path
from infra.postgres import Cluster
from tests.infra.postgres.support import connect, kill_everything, process_fields, value
PR_SET_CHILD_SUBREAPER = 36
assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
cluster = Cluster(Path(sys.argv[1]), fallback_root=Path(sys.argv[2]))
cluster.start()
with connect(cluster) as connection:
    connection.execute("create table kept as select 1 as n")
killed = kill_everything(cluster)
while process_fields(killed)[0] != "Z":
    pass
cluster.start()
assert process_fields(killed)[0] == "Z"
print(value(cluster, "select count(*) from kept"))
"""


class Writer(threading.Thread):
    """Inserts consecutive numbers until the server is gone; remembers what was acknowledged."""

    def __init__(self, cluster: Cluster, first: int) -> None:
        super().__init__(daemon=True)
        self.acknowledged: list[int] = []
        self.busy = threading.Event()
        self._cluster = cluster
        self._next = first

    def run(self) -> None:
        try:
            with connect(self._cluster) as connection:
                while True:
                    connection.execute("insert into ack values (%s)", [self._next])
                    self.acknowledged.append(self._next)
                    self._next += 1
                    if len(self.acknowledged) >= 20:
                        self.busy.set()
        except psycopg.OperationalError:
            return


@pytest.mark.proves("PLT-1", kind="oracle")
def test_kill_9_of_all_processes_under_writes_loses_no_acknowledged_row(
    victim: Cluster,
) -> None:
    cluster = victim
    cluster.start()
    port = cluster.port
    with connect(cluster) as connection:
        connection.execute("create table ack (n int primary key)")
    acknowledged: set[int] = set()
    for number in range(ROUNDS):
        writer = Writer(cluster, number * 1_000_000)
        writer.start()
        assert writer.busy.wait(30)
        kill_everything(cluster)
        cluster.start()
        writer.join(10)
        acknowledged.update(writer.acknowledged)
        with connect(cluster) as connection:
            stored = {int(n) for (n,) in connection.execute("select n from ack")}  # type: ignore[call-overload]
        assert acknowledged <= stored
        assert len(stored - acknowledged) <= number + 1  # a commit whose answer was cut off
    assert cluster.port == port

    orphans = family(kill_only_the_postmaster(cluster))[1:]
    cluster.start()
    assert cluster.is_alive(), orphans
    assert value(cluster, f"select count(*) from ack where n = {min(acknowledged)}") == 1


def kill_only_the_postmaster(cluster: Cluster) -> int:
    """Its children find out by themselves, a little later."""
    pid = cluster.postmaster_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


def test_no_second_server_starts_beside_a_survivor_of_the_first(victim: Cluster) -> None:
    victim.start()
    pid = victim.postmaster_pid()
    assert pid is not None
    survivor = lasting_child(pid)
    os.kill(survivor, signal.SIGSTOP)  # attached to shared memory, and blind to its parent's end
    offset = victim.log_file.stat().st_size
    os.kill(pid, signal.SIGKILL)
    starter = threading.Thread(target=victim.start)
    starter.start()
    try:
        while "pre-existing shared memory block" not in victim.log_file.read_text()[offset:]:
            assert starter.is_alive(), "started beside the survivor, or gave up"
        assert not victim.is_alive()
    finally:
        os.kill(survivor, signal.SIGKILL)
        starter.join()
    assert victim.is_alive()


def test_a_recycled_pid_in_the_pid_file_does_not_block_the_start(
    victim: Cluster,
) -> None:
    cluster = victim
    cluster.start()
    kill_everything(cluster)
    account = account_for(cluster.data_directory)
    identity = {"user": account.uid, "group": account.gid} if account else {}
    with subprocess.Popen(["sleep", "60"], cwd="/", **identity) as stranger:  # type: ignore[call-overload]
        pid_file = cluster.data_directory / "postmaster.pid"
        rest = pid_file.read_text().split("\n")[1:]
        pid_file.write_text("\n".join([str(stranger.pid), *rest]))
        assert not cluster.is_alive()
        cluster.stop()
        assert stranger.poll() is None
        cluster.start()
        assert cluster.is_alive()
        assert stranger.poll() is None
        stranger.kill()


def test_a_zombie_that_nobody_collects_does_not_block_the_start(
    victim: Cluster, open_folder: Path
) -> None:
    victim.start()
    victim.stop()
    assert output_of(python(UNREAPED, victim.home, open_folder / "fallback")) == "1"


@pytest.mark.parametrize(
    "point",
    [
        "infra.postgres.initialise:_initdb",
        "infra.postgres.cluster:initialise",
        "infra.postgres.server:spawn_detached",
    ],
)
def test_a_starter_killed_at_any_point_leaves_a_cluster_that_starts(
    make_cluster: MakeCluster, open_folder: Path, point: str
) -> None:
    cluster = make_cluster(f"half-{point.rpartition(':')[2]}")
    output_of(python(DIE_AT, cluster.home, open_folder / "fallback", point), -signal.SIGKILL)
    cluster.start()
    assert value(cluster, "select 1") == 1
    assert not (cluster.home / "partial").exists()


def test_the_server_outlives_the_process_that_started_it(
    victim: Cluster, open_folder: Path
) -> None:
    cluster = victim
    cluster.stop()
    point = "infra.postgres.cluster:Cluster.start"
    output_of(python(DIE_AT, cluster.home, open_folder / "fallback", point), -signal.SIGKILL)
    assert cluster.is_alive()
    before = cluster.postmaster_pid()
    cluster.start()
    assert cluster.postmaster_pid() == before
