"""A trial with one of everything, for tests that send what is hostile."""

from collections.abc import Callable

import pytest

from tests.shared.identity.cells.builder import draw_map
from tests.shared.identity.cells.places import Map
from tests.support.api import ApiClient
from tests.support.database import TestDatabase
from tests.support.pool import Begin


@pytest.fixture
def drawn(database: TestDatabase, client_for: Callable[[str], ApiClient], begin: Begin) -> Map:
    found: Map = begin("one of everything", lambda: draw_map(database, client_for))
    return found
