"""Stacks for tests; each gets a folder that an unprivileged Postgres can reach."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.infra.local.stack import Stack
from tests.support.places import memory


@pytest.fixture
def new_stack() -> Iterator[Stack]:
    """A stack of this test, not started yet."""
    with _stack() as made:
        yield made


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One running stack for all tests of a module."""
    with _stack() as running:
        running.start()
        yield running


@contextmanager
def _stack() -> Iterator[Stack]:
    """Gone as soon as nobody needs it: one that idles takes from the others."""
    folder = Path(tempfile.mkdtemp(prefix="induct-stack-", dir=memory()))
    folder.chmod(0o755)
    made = Stack(folder)
    try:
        yield made
    finally:
        made.destroy()
        shutil.rmtree(folder, ignore_errors=True)
