"""Running programs as another account, and asking the system about processes."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from infra.postgres.account import Account

# A caller's PGDATA, PGPORT, PGOPTIONS or locale must not reach the server: a small environment.
# LC_ALL=C also keeps messages in English, which the launcher reads.
_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_SET = {"LC_ALL": "C", "TZ": "UTC"}

# The shell leaves at once, so the server is nobody's child: it outlives the process that started
# it and does not remain as a zombie of a busy parent. Output of the server goes to the log.
_DETACH = '"$@" >&2 & echo $!'


def run(
    command: Sequence[str | Path], account: Account | None, timeout: float = 60.0
) -> subprocess.CompletedProcess[str]:
    """Run `command` to its end as `account`, standard error joined to the output.

    Raises:
        OSError: it cannot be executed (by that account).
        subprocess.TimeoutExpired: it took more than `timeout` seconds.
    """
    return subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
        env=_environment({}),
        cwd="/",
        umask=0o077,
        **_identity(account),
    )


def spawn_detached(
    command: Sequence[str | Path],
    account: Account | None,
    log_file: Path,
    variables: Mapping[str, str],
) -> int:
    """Start a server in a session of its own, away from the terminal's Ctrl-C; return its pid."""
    descriptor = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        shell = subprocess.run(
            ["/bin/sh", "-c", _DETACH, "sh", *(str(part) for part in command)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=descriptor,
            text=True,
            check=True,
            env=_environment(variables),
            cwd="/",
            umask=0o077,
            start_new_session=True,
            **_identity(account),
        )
    finally:
        os.close(descriptor)
    return int(shell.stdout)


def is_running(pid: int) -> bool:
    """Whether the process exists and is more than an entry nobody has collected."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _state(pid) not in {"Z", "X"}


def is_postmaster_of(pid: int, data_directory: Path) -> bool:
    """Whether `pid` is, right now, a server at work in `data_directory`.

    A server's working directory is its data directory, which a recycled pid does not imitate.
    """
    if Path("/proc/self").is_dir():
        try:
            return Path(f"/proc/{pid}/cwd").readlink() == data_directory.resolve()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            return False  # gone, a zombie, or a process of an account that does not own the data
    arguments = run(["ps", "-p", str(pid), "-o", "args="], None).stdout
    return f"-D {data_directory}" in arguments


def is_stuck(postmaster: int) -> bool:
    """Whether a server that does not answer never will: who recovered has died, and it waits on.

    Postgres 18 does that where the disk ends the recovery by an error: checkpointer and others are
    there, and neither who recovers nor who is there afterwards. False where nobody can look.
    """
    titles = [_title(pid) for pid in _children(postmaster)]
    alive = ("startup", "walwriter", "autovacuum launcher")
    return bool(titles) and not any(name in title for title in titles for name in alive)


def _children(parent: int) -> list[int]:
    if not Path("/proc/self/stat").exists():
        return []
    found = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())
    return [pid for pid in found if _fields(pid)[1:2] == [str(parent)]]


def _title(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""


def _state(pid: int) -> str:
    """The kernel's one-letter process state, empty where it cannot be known."""
    if fields := _fields(pid):
        return fields[0]
    return "X" if Path("/proc/self/stat").exists() else ""


def _fields(pid: int) -> list[str]:
    """What the kernel tells of a process behind its name: state, parent and more; none of a dead
    one."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {"PATH": os.defpath} | kept | _SET | dict(variables)


class _Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def _identity(account: Account | None) -> _Identity:
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}
