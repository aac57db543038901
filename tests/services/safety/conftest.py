"""The trial that the safety tests play in: two sites, one child each."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.study import StudyDefinition
from tests.services.safety.receiver import Receiver
from tests.services.safety.trial import STUDY, Trial
from tests.support.api import ApiClient
from tests.support.database import TestDatabase


@pytest.fixture
def definition(activate: Callable[[str], StudyDefinition]) -> StudyDefinition:
    """NCT05748171, in force."""
    return activate(STUDY)


@pytest.fixture
def trial(database: TestDatabase, definition: StudyDefinition) -> Iterator[Trial]:
    """Children S01-001 and S02-001."""
    made = Trial(database)
    made.add_subject("S01-001")
    made.add_subject("S02-001", site="S02")
    yield made
    made.close()


@pytest.fixture
def api(trial: Trial, client_for: Callable[..., ApiClient]) -> ApiClient:
    return client_for("safety")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A safety desk's HTTP receiver on this machine."""
    with Receiver() as made:
        yield made


@pytest.fixture
def report() -> dict[str, Any]:
    """A report that is complete but for the suspect product."""
    return {
        "subject": "S01-001",
        "site": "S01",
        "event_term": "Febrile neutropenia",
        "grade": 4,
        "seriousness": ["hospitalisation"],
        "onset_on": "2026-02-19",
        "aware_at": "2026-02-20T09:30:00+01:00",
        "received_at": "2026-02-20T12:00:00+01:00",
        "reporter": "Dr Reporter",
        "narrative": "Fever of 39.5 after the first infusion.",
    }
