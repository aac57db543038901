"""What the tests do to a cluster from outside: look at its processes, kill them, fill a table."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from infra.postgres import Cluster

REPOSITORY = Path(__file__).resolve().parents[3]

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root must change its account")
needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")


def connect(cluster: Cluster) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(cluster.superuser_url(), autocommit=True)


def value(cluster: Cluster, query: str) -> object:
    with connect(cluster) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def process_fields(pid: int) -> list[str]:
    """State, parent, group, session, ... of a process, as in proc(5) from field 3 on."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    return text.rpartition(")")[2].split()


def family(postmaster: int) -> list[int]:
    """The postmaster first, then its children."""
    children = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if int(process_fields(int(entry.name))[1]) == postmaster:
                    children.append(int(entry.name))
    return [postmaster, *children]


def lasting_child(postmaster: int) -> int:
    """The checkpointer: unlike the backend that has just answered, it stays until told to end."""
    for child in family(postmaster)[1:]:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if b"checkpointer" in Path(f"/proc/{child}/cmdline").read_bytes():
                return child
    raise AssertionError("no checkpointer among the server's children")


def kill_everything(cluster: Cluster) -> int:
    """SIGKILL for the postmaster and all its children at once; returns the postmaster's pid."""
    postmaster = cluster.postmaster_pid()
    assert postmaster is not None
    for pid in family(postmaster):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return postmaster


def python(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Another interpreter running `script` with the project importable."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *(str(argument) for argument in arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    )


def output_of(process: subprocess.Popen[str], expected: int = 0) -> str:
    out, err = process.communicate(timeout=60)
    assert process.returncode == expected, err
    return out.strip()
