"""What all seeds of a worker share: a cluster to be mistreated, a deployment to begin with."""

import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from infra.database.cast import LOGINS
from infra.database.roles import bootstrap, grant_database
from infra.local.home import DATABASE, Home
from infra.postgres import Cluster
from tests.infra.postgres.support import family
from tests.simulation.desk import Desk
from tests.support.deployment import call
from tests.support.places import ROOT, memory

STUDY = "NCT05748171"
SECOND_SITE = {
    "site": "S02", "name": "Second children's hospital", "country": "NZ",
    "time_zone": "Pacific/Auckland",
}  # fmt: skip
ENDPOINTS = ("steady", "moody", "leaving")
DISK_BYTES = 400 * 1024**2
SETTINGS = {
    "track_commit_timestamp": "on", "max_wal_size": "96MB", "min_wal_size": "80MB",
    "shared_buffers": "48MB", "wal_keep_size": "0",
}  # fmt: skip
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Order:
    """How a server is to be made."""

    database: str
    database_port: int
    folder: Path
    bus: str | None = None
    faults: str | None = None
    filled: bool = True
    night: bool = False


class Workshop:
    """``with Workshop() as shop``. Everything of it is deleted at the end."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="induct-faults-", dir=memory()))
        self.folder.chmod(0o755)
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        self.disk.chmod(0o755)
        self.mounted = _mount(self.disk)
        self.cluster = Cluster(self.disk / "postgres", settings=SETTINGS)
        self.home = Home(self.folder / "home", quiet_port())
        self.clock = self.folder / "clock"
        self.desk_port = quiet_port()
        self.secrets: dict[str, str] = {}
        self._zygote: subprocess.Popen[str] | None = None

    def __enter__(self) -> "Workshop":
        try:
            self.cluster.start()
            self._zygote = subprocess.Popen(
                [sys.executable, "-m", "tests.simulation.zygote"],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                env={k: v for k, v in os.environ.items() if not k.startswith("INDUCT_")},
            )  # fmt: skip
            self._read()
            asyncio.run(self._prepare())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._zygote is not None:
            assert self._zygote.stdin is not None
            assert self._zygote.stdout is not None
            self._zygote.stdin.close()
            self._zygote.wait(PATIENCE_SECONDS)
            self._zygote.stdout.close()
        with contextlib.suppress(Exception):
            self.cluster.destroy()
        if self.mounted:
            subprocess.run(["umount", "--lazy", self.disk], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    # Databases -------------------------------------------------------------------------------

    @contextlib.contextmanager
    def database(self, name: str, *, of: str = DATABASE) -> Iterator[str]:
        """A copy of the prepared deployment's database, or of another; gone at the end."""
        self._copy(name, of)
        try:
            yield name
        finally:
            with self.admin() as admin:
                admin.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                )

    def admin(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """A superuser's own connection: past the bad line, past every policy."""
        connection = psycopg.connect(self.cluster.superuser_url(database), autocommit=True)
        connection.execute("SET timezone = 'UTC'")
        return connection

    def _copy(self, name: str, of: str) -> None:
        with self.admin() as admin:
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(of)
                )
            )
            grant_database(admin, name)

    # Processes -------------------------------------------------------------------------------

    def make_server(self, order: Order) -> int:
        """Start a server; its process id, at once. Whether it takes calls is another question."""
        admin = self.cluster.superuser_url(order.database).rpartition("@")[0]
        environment = {
            "DATABASE_URL": f"{admin}@127.0.0.1:{order.database_port}/{order.database}",
            "INDUCT_HOME": str(self.home.folder),
            "INDUCT_PORT": str(self.home.port),
            "INDUCT_SANDBOX": "1",
            "INDUCT_TEST_CLOCK": str(self.clock),
            "INDUCT_FAULTS": order.faults or "",
        }
        told = {
            "environment": environment,
            "output": str(order.folder / "server.out"),
            "log": str(order.folder / "server.jsonl"),
            "report": str(order.folder / "faults.jsonl"),
            "bus": order.bus, "filled": order.filled, "night": order.night,
        }  # fmt: skip
        assert self._zygote is not None
        assert self._zygote.stdin is not None
        self._zygote.stdin.write(json.dumps(told) + "\n")
        self._zygote.stdin.flush()
        return int(self._read()["pid"])

    def postgres_processes(self) -> list[int]:
        """The postmaster and its children; none while there is no server."""
        postmaster = self.cluster.postmaster_pid()
        return [] if postmaster is None else family(postmaster)

    def _read(self) -> Mapping[str, Any]:
        assert self._zygote is not None
        stdout: IO[str] | None = self._zygote.stdout
        assert stdout is not None
        found: dict[str, Any] = json.loads(stdout.readline())
        return found

    # The deployment to begin with ------------------------------------------------------------

    async def _prepare(self) -> None:
        """A migrated database with the sandbox's content, a second site, and three endpoints."""
        passwords = self.home.secrets()
        made = {login.name: passwords[login.name] for login in LOGINS}
        await asyncio.to_thread(bootstrap, self.cluster.superuser_url(), DATABASE, made)
        order = Order(DATABASE, self.cluster.port, self.folder, filled=False)
        server = self.make_server(order)
        try:
            async with Desk(self.desk_port) as desk:
                await until(lambda: answers(self.home.url))
                await asyncio.to_thread(self._fill, desk)
                await until(self._all_active)
        finally:
            os.kill(server, signal.SIGTERM)
            await until(lambda: not is_there(server))

    def _fill(self, desk: Desk) -> None:
        sites = f"/randomization/v1/studies/{STUDY}/sites"
        self._as("admin", "POST", sites, key="second site", json=SECOND_SITE)
        hooks = f"/safety/v1/studies/{STUDY}/webhooks"
        for name in ENDPOINTS:
            made = self._as("safety_desk", "POST", hooks, key=name, json={"url": desk.url(name)})
            self.secrets[name] = made["secret"]
            word = {"decision": "approve", "reason": "the receiver of a test"}
            path = f"{hooks}/{made['endpoint_id']}/decision"
            self._as("admin", "POST", path, key=f"{name} in", json=word)

    def _all_active(self) -> bool:
        with self.admin(DATABASE) as admin:
            query = "SELECT count(*) FROM safety.webhook_endpoint WHERE state = 'active'"
            return admin.execute(query).fetchone() == (len(ENDPOINTS),)

    @property
    def url(self) -> str:
        return self.home.url

    def night(self, study: str) -> None:
        """Not asked of a deployment under faults."""
        raise NotImplementedError

    def _as(self, role: str, method: str, path: str, **more: Any) -> dict[str, Any]:
        answer = call(self, method, path, role=role, study=STUDY, **more)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found


def quiet_port() -> int:
    """A free port below those that the system gives to callers: while a server is dead, a caller
    that tries again and again could be given the server's own."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def is_there(process: int) -> bool:
    """Whether anything is left of a process. Where its first thread has ended, others may still
    hold its port."""
    return Path(f"/proc/{process}").exists()


def answers(url: str) -> bool:
    """Whether somebody takes calls there."""
    line = HTTPConnection(urlsplit(url).netloc, timeout=1)
    with closing(line), contextlib.suppress(OSError, HTTPException):
        line.request("GET", "/health")
        return line.getresponse().status == 200
    return False


async def until(true: Any, patience: float = PATIENCE_SECONDS) -> None:
    """Wait until it is so. Raises ``TimeoutError``."""
    ends = time.monotonic() + patience
    while not await asyncio.to_thread(true):
        if time.monotonic() > ends:
            raise TimeoutError("it did not come about")
        await asyncio.sleep(0.05)


def _mount(folder: Path) -> bool:
    """A small disk of memory, where the system lets us have one: it can be made full."""
    if os.geteuid() != 0:
        return False
    options = f"size={DISK_BYTES},mode=755"
    command = ["mount", "-t", "tmpfs", "-o", options, "induct-faults", folder]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
