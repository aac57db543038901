"""A platform engine, a writer of events, and a queue."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from infra.topology import Queue
from shared.database.engine import blocking_engine
from tests.infra.bus.support import Deliveries, Writer
from tests.support.database import TestDatabase


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
    """A queue with a visibility timeout of 1 s that gives a message up after 2 receives."""
    return Deliveries(database, Queue("Queue", 1, 2, "DeadLetters"))
