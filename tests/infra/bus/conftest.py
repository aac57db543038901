"""A platform engine, a writer of events, and a queue, on one database for a module."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from infra.topology import Queue
from shared.database.engine import blocking_engine
from tests.infra.bus.support import SECOND, Deliveries, Writer
from tests.support.database import TestDatabase, TestServer


@pytest.fixture(scope="module")
def module_database(server: TestServer) -> Iterator[TestDatabase]:
    made = server.create()
    yield made
    server.drop(made)


@pytest.fixture
def database(module_database: TestDatabase) -> TestDatabase:
    """The module's database without events."""
    with module_database.admin() as admin:
        admin.execute("DELETE FROM platform.outbox; DELETE FROM platform.delivery")
    return module_database


@pytest.fixture
def platform(database: TestDatabase) -> Iterator[Engine]:
    """What relay and queues connect with."""
    engine = blocking_engine(database.url("induct_platform"), pool_size=6)
    yield engine
    engine.dispose()


@pytest.fixture
def writer(database: TestDatabase) -> Iterator[Writer]:
    made = Writer(database)
    yield made
    made.engine.dispose()


@pytest.fixture
def deliveries(database: TestDatabase) -> Deliveries:
    """A queue whose visibility timeout is ``SECOND``; it gives a message up after 2 receives."""
    return Deliveries(database, Queue("Queue", SECOND, 2, "DeadLetters"))
