"""The trial into which a child's name was written."""

from collections.abc import Callable

import pytest

from shared.study import StudyDefinition
from tests.infra.database.redaction_world import STUDY, Written
from tests.services.assessments.support import Trial
from tests.support.api import ApiClient
from tests.support.database import TestDatabase


@pytest.fixture
def written(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], StudyDefinition],
    database: TestDatabase,
) -> Written:
    """The name is in the first version of a record and of a case, and not corrected yet."""
    activate(STUDY)
    site = {"site": "S01", "name": "Hospital", "country": "CZ", "time_zone": "Europe/Prague"}
    assert client_for("randomization").post("/sites", json=site, role="admin").status_code == 201
    trial = Trial(client_for("assessments"), database)
    trial.enrol()
    return Written(trial, client_for("safety"))


@pytest.fixture
def corrected(written: Written) -> Written:
    """What is in force holds the name no more."""
    written.correct()
    return written
