"""A case, and the desk's system beside it."""

from typing import Any

import pytest

from tests.services.safety.desk.system import DeskSystem
from tests.services.safety.life import Life
from tests.support.api import ApiClient


@pytest.fixture
def life(api: ApiClient, report: dict[str, Any]) -> Life:
    return Life(api, report)


@pytest.fixture
def desk(life: Life) -> DeskSystem:
    return DeskSystem(life.api)
