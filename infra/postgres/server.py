"""One postmaster: spawning it, waiting for its answer, shutting it down."""

import os
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from infra.ports import free_port
from infra.postgres.account import Account
from infra.postgres.binaries import Binaries
from infra.postgres.errors import PostgresError, last_lines
from infra.postgres.home import Home
from infra.postgres.probe import HOST, ask
from infra.postgres.processes import is_postmaster_of, is_running, is_stuck, spawn_detached
from infra.postgres.settings import as_arguments

# A postmaster killed a moment ago, or its last children, may look alive to the next one, which
# then refuses. That passes by itself: try again, and never remove its pid file.
_PASSING = ('lock file "postmaster.pid"', "pre-existing shared memory block")
_PORT_TAKEN = "could not create any TCP/IP sockets"

# A fast shutdown and how long it may take, then an immediate one.
_SHUTDOWN = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0))

# A server between two of its processes looks as one whose recovery has died: not for so long.
_STUCK_LOOKS, _STUCK_PAUSE_SECONDS = 4, 0.25


@dataclass(frozen=True)
class Server:
    """How to run the postmaster of one data directory."""

    binaries: Binaries
    account: Account | None
    data_directory: Path
    settings: Mapping[str, str]

    def spawn(self, port: int, log_file: Path) -> int:
        """Start it in the background, listening on `port`; return its pid."""
        program = self.binaries.directory / "postgres"
        options = as_arguments({"port": str(port), **self.settings})
        command: list[str | Path] = [program, "-D", self.data_directory, *options]
        return spawn_detached(command, self.account, log_file, _pid_to_ignore(self.data_directory))


def start_server(server: Server, home: Home, deadline: float) -> int:
    """Bring the server up and return its port: the recorded one while that is free.

    Returns also when another postmaster of the same data directory turns out to be answering.

    Raises:
        PostgresError: it ended, or did not answer before `deadline` (monotonic clock).
    """
    port = home.state().port
    began = home.log_size()
    pause = 0.02
    while True:
        if port is None or not _is_free(port):
            port = free_port()
        offset = home.log_size()
        pid = server.spawn(port, home.log_file)
        if _answers(pid, port, server.data_directory, home, deadline):
            return port
        lines = last_lines(home.log_file, offset)
        if is_running(pid):
            lines = last_lines(home.log_file, began)
            raise PostgresError("Postgres was started, but has not answered in time", lines)
        if any(_PORT_TAKEN in line for line in lines):
            port = None
        elif not any(sign in line for line in lines for sign in _PASSING):
            raise PostgresError("Postgres ended instead of starting", lines)
        if time.monotonic() > deadline:
            raise PostgresError("Postgres refused to start until the time was up", lines)
        time.sleep(pause)
        pause = min(0.25, pause * 1.5)
        found = answering_port(server.data_directory, home)
        if found is not None:
            return found


def answering_port(data_directory: Path, home: Home) -> int | None:
    """The port on which this very data directory is being served, None when it is not.

    Only an answer counts. The pid file says whom to ask: without a postmaster at work here the port
    may belong to a stranger who keeps silent for seconds.
    """
    if postmaster_pid(data_directory) is None:
        return None
    port = _pid_file(data_directory).port
    return port if port is not None and _serves(port, data_directory, home) else None


def postmaster_pid(data_directory: Path) -> int | None:
    """The process now at work in the data directory, None when there is none."""
    pid = _pid_file(data_directory).pid
    return pid if pid is not None and is_postmaster_of(pid, data_directory) else None


def end_stuck(data_directory: Path, log_file: Path) -> None:
    """End a server whose recovery has died: it would neither answer nor end by itself.

    Nothing is lost by it, as nothing was begun: the next one recovers from the same log.
    """
    for _ in range(_STUCK_LOOKS):
        pid = postmaster_pid(data_directory)
        if pid is None or not is_stuck(pid):
            return
        time.sleep(_STUCK_PAUSE_SECONDS)
    shut_down(data_directory, log_file, _SHUTDOWN[1:])


def shut_down(
    data_directory: Path, log_file: Path, steps: Sequence[tuple[int, float]] = _SHUTDOWN
) -> None:
    """Fast shutdown: sessions are ended, open transactions rolled back; then an immediate one.

    Raises:
        PostgresError: the postmaster is still there after about 20 seconds.
    """
    for number, seconds in steps:
        pid = postmaster_pid(data_directory)
        if pid is None:
            return
        os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not is_postmaster_of(pid, data_directory):
                return
            time.sleep(0.01)
    raise PostgresError("Postgres does not stop", last_lines(log_file))


def _answers(pid: int, port: int, data_directory: Path, home: Home, deadline: float) -> bool:
    """Wait until the spawned postmaster answers; False when it ended or the time is up.

    It is asked only once it claims to be ready: each question before that would be a refusal in the
    log, and one to a stranger who took the port in between would cost seconds.
    """
    while is_running(pid) and time.monotonic() < deadline:
        claim = _pid_file(data_directory)
        if claim.pid == pid and claim.ready and _serves(port, data_directory, home):
            return True
        time.sleep(0.005)
    return False


def _serves(port: int, data_directory: Path, home: Home) -> bool:
    answer = ask(port, home.password())
    if answer is None or answer.data_directory.resolve() != data_directory.resolve():
        return False
    if answer.weakened():
        raise PostgresError(f"Postgres runs without durability: {', '.join(answer.weakened())}")
    return True


class _PidFile(NamedTuple):
    """What the last postmaster wrote about itself; a claim, possibly of a dead one."""

    pid: int | None = None
    port: int | None = None
    ready: bool = False


def _pid_file(data_directory: Path) -> _PidFile:
    """Lines 1, 4 and 8 of postmaster.pid, as far as they are written."""
    try:
        lines = (data_directory / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return _PidFile()
    lines += [""] * (8 - len(lines))
    return _PidFile(_number(lines[0]), _number(lines[3]), lines[7].strip() == "ready")


def _number(text: str) -> int | None:
    return int(text) if text.strip().isdecimal() else None


def _pid_to_ignore(data_directory: Path) -> dict[str, str]:
    """Tell the new postmaster about a pid in the pid file that cannot be a live predecessor.

    The number may by now be a zombie nobody collects, or another program of the same account;
    Postgres would refuse for ever. This variable, which pg_ctl uses for its own parent, exempts one
    pid from that test; the one for shared memory still in use remains.
    """
    pid = _pid_file(data_directory).pid
    if pid is None or is_postmaster_of(pid, data_directory):
        return {}
    return {"PG_GRANDPARENT_PID": str(pid)}


def _is_free(port: int) -> bool:
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((HOST, port))
        except OSError:
            return False
    return True
