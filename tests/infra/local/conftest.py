"""Stacks for tests; each gets a folder that an unprivileged Postgres can reach."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.infra.local.stack import Stack


@pytest.fixture(scope="module")
def make_stack() -> Iterator[Callable[[], Stack]]:
    made: list[Stack] = []

    def make() -> Stack:
        folder = Path(tempfile.mkdtemp(prefix="induct-stack-"))
        folder.chmod(0o755)
        made.append(Stack(folder))
        return made[-1]

    yield make
    for stack in made:
        stack.destroy()
        shutil.rmtree(stack.home.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def stack(make_stack: Callable[[], Stack]) -> Stack:
    """One running stack for all tests of a module."""
    running = make_stack()
    running.start()
    return running
