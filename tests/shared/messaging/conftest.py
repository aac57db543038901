"""The connections of a consumer, and one database for a module: no event is used twice."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from shared.database.engine import blocking_engine
from tests.support.database import TestDatabase, TestServer


@pytest.fixture(scope="module")
def database(server: TestServer) -> Iterator[TestDatabase]:
    made = server.create()
    yield made
    server.drop(made)


@pytest.fixture
def engine(database: TestDatabase) -> Iterator[Engine]:
    made = blocking_engine(database.url("induct_randomization"), pool_size=4)
    yield made
    made.dispose()
