"""Connections of randomization, with a study in force, on one database for a module."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from infra.database.studies import activate
from shared.database.engine import blocking_engine
from tests.shared.database.support import LOGIN, STUDY, empty
from tests.support.database import TestDatabase, TestServer
from tests.support.definitions import shipped


@pytest.fixture(scope="module")
def module_database(server: TestServer) -> Iterator[TestDatabase]:
    made = server.create()
    activate(
        made.url("induct_migrator"),
        shipped(STUDY),
        mode="training",
        actor="test",
        reason="activated for a test",
    )
    yield made
    server.drop(made)


@pytest.fixture
def database(module_database: TestDatabase) -> TestDatabase:
    """The module's database, with a study in force and nothing else."""
    empty(module_database)
    return module_database


@pytest.fixture
def engine(database: TestDatabase) -> Iterator[Engine]:
    made = blocking_engine(database.url(LOGIN), pool_size=8)
    yield made
    made.dispose()


@pytest.fixture
def single(database: TestDatabase) -> Iterator[Engine]:
    """A pool of one connection: whoever comes next gets the same one."""
    made = blocking_engine(database.url(LOGIN), pool_size=1)
    yield made
    made.dispose()
