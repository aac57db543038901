"""Children allocated at two sites of two countries."""

from datetime import UTC, datetime
from typing import Any

from tests.services.randomization.expected import LATE
from tests.services.randomization.planting import screened
from tests.services.randomization.world import open_sites, request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"


def enrol(api: ApiClient, database: TestDatabase) -> ApiClient:
    """Three children allocated at S01 (CZ), one of two at S02 (FR); the list is in force."""
    open_sites(api, "S02", country="FR", time_zone="Europe/Paris")
    screen(database, "S01-003", study=STUDY)
    screen(database, "S02-001", site="S02", study=STUDY)
    for subject in ("S01-001", "S01-002", "S01-003", "S02-001", "S02-002"):
        screened(database, subject, subject[:3], datetime.now(UTC))
    for subject in ("S01-001", "S01-002", "S02-001"):
        allocate(api, subject)
    allocate(api, "S01-003", first_diagnosis_date=LATE["first_diagnosis_date"])
    return api


def allocate(api: ApiClient, subject: str, *, at: datetime | None = None, **changes: Any) -> None:
    site = subject[:3]
    answer = api.post("/allocations", json=request(subject, site, **changes), sites=[site], at=at)
    assert answer.status_code == 201, answer.text
