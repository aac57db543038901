"""A live study runs on the clock of record, in a sandbox too."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from infra.database.studies import activate as activate_definition
from tests.support.api import ApiClient
from tests.support.database import TestDatabase
from tests.support.definitions import shipped

STUDY = "NCT05748171"
SITE = {"site": "S01", "name": "Hospital", "country": "CZ", "time_zone": "Europe/Prague"}
THEN = datetime(2031, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["live", "training"])
def mode(request: pytest.FixtureRequest, database: TestDatabase) -> str:
    """The study in force in each mode."""
    activate_definition(
        database.url("induct_migrator"),
        shipped(STUDY),
        mode=request.param,
        actor="test",
        reason="a test",
    )
    return str(request.param)


def test_nobody_names_the_time_of_a_live_study(
    client_for: Callable[[str], ApiClient], mode: str, database: TestDatabase
) -> None:
    api = client_for("randomization")
    answers = [
        api.post("/sites", role="admin", json=SITE, at=THEN),
        api.get("/sites", role="admin", at=THEN),
        api.get("/enrolment", role="admin", at=THEN),
    ]
    expected = [403] * 3 if mode == "live" else [201, 200, 200]
    assert [answer.status_code for answer in answers] == expected
    assert database.rows("SELECT count(*) FROM randomization.site") == [(int(mode != "live"),)]


def test_without_a_named_time_a_live_study_answers(
    client_for: Callable[[str], ApiClient], mode: str
) -> None:
    api = client_for("randomization")
    assert api.post("/sites", role="admin", json=SITE).status_code == 201
    assert api.get("/sites", role="admin").status_code == 200


def test_the_answer_given_before_is_not_repeated_at_a_named_time(
    client_for: Callable[[str], ApiClient], mode: str
) -> None:
    api = client_for("randomization")
    assert api.post("/sites", role="admin", json=SITE, key="one").status_code == 201
    again = api.post("/sites", role="admin", json=SITE, key="one", at=THEN)
    assert again.status_code == (403 if mode == "live" else 201)
