"""The connections of a consumer."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from shared.database.engine import blocking_engine
from tests.support.database import TestDatabase


@pytest.fixture
def engine(database: TestDatabase) -> Iterator[Engine]:
    made = blocking_engine(database.url("induct_randomization"), pool_size=4)
    yield made
    made.dispose()
