"""Connections of randomization, with a study in force."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from shared.database.engine import blocking_engine
from shared.study import StudyDefinition
from tests.shared.database.support import LOGIN, STUDY
from tests.support.database import TestDatabase


@pytest.fixture
def engine(database: TestDatabase, activate: Callable[[str], StudyDefinition]) -> Iterator[Engine]:
    activate(STUDY)
    made = blocking_engine(database.url(LOGIN), pool_size=8)
    yield made
    made.dispose()


@pytest.fixture
def single(database: TestDatabase) -> Iterator[Engine]:
    """A pool of one connection: whoever comes next gets the same one."""
    made = blocking_engine(database.url(LOGIN), pool_size=1)
    yield made
    made.dispose()
