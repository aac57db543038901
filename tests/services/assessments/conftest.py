"""A trial with two open sites."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.study import StudyDefinition
from tests.services.assessments.support import Trial
from tests.support.api import ApiClient
from tests.support.database import TestDatabase
from tests.support.pool import Begin


@pytest.fixture
def trial(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], StudyDefinition],
    begin: Begin,
    database: TestDatabase,
) -> Trial:
    def open_both() -> None:
        activate("NCT05748171")
        sites = client_for("randomization")
        for site, zone in (("S01", "Europe/Prague"), ("S02", "Pacific/Auckland")):
            body = {"site": site, "name": "Children's hospital", "country": "CZ", "time_zone": zone}
            assert sites.post("/sites", json=body, role="admin").status_code == 201

    begin("two open sites", open_both)
    return Trial(client_for("assessments"), database)


@pytest.fixture
def record(trial: Trial, begin: Begin) -> dict[str, Any]:
    def fill() -> dict[str, Any]:
        trial.enrol()
        return trial.counts()

    found: dict[str, Any] = begin("a blood count", fill)
    return found
