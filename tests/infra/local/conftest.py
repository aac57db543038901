"""Stacks for tests; each gets a folder that an unprivileged Postgres can reach."""

from collections.abc import Iterator

import pytest

from tests.infra.local.stack import Stack, started, temporary


@pytest.fixture(scope="package")
def package_stack() -> Iterator[Stack]:
    """The stack of all tests of this folder, which some of them stop: to start one takes longer
    than most of them."""
    with temporary() as made:
        yield made


@pytest.fixture
def stack(package_stack: Stack) -> Stack:
    """The folder's stack, running."""
    return started(package_stack)
