"""Mutual exclusion between processes that start or stop the same cluster."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.postgres.errors import PostgresError


@contextmanager
def exclusive(path: Path, timeout: float) -> Iterator[None]:
    """Hold the lock file `path` alone; the kernel frees it when the holder dies.

    `flock` rather than `lockf`: it also separates two threads of one process.

    Raises:
        PostgresError: somebody else held it for `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while not _acquired(descriptor):
            if time.monotonic() > deadline:
                raise PostgresError(
                    f"another process has been starting or stopping this cluster for more than"
                    f" {timeout:g} s (lock file {path})"
                )
            time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)


def _acquired(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
