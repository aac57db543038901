"""Stacks for tests; each gets a folder that an unprivileged Postgres can reach."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.infra.local.stack import Stack, started
from tests.support.places import memory


@pytest.fixture
def new_stack() -> Iterator[Stack]:
    """A stack of this test, not started yet."""
    with _stack() as made:
        yield made


@pytest.fixture(scope="package")
def package_stack() -> Iterator[Stack]:
    """The stack of all tests of this folder, which some of them stop: to start one takes longer
    than most of them."""
    with _stack() as made:
        yield made


@pytest.fixture
def stack(package_stack: Stack) -> Stack:
    """The folder's stack, running."""
    return started(package_stack)


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
