"""A whole cycle through the services: no trial data in a log line, an event or an error."""

import io
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from shared.http.logs import ALLOWED
from shared.study import StudyDefinition
from tests.services.randomization.world import SECRET, open_trial, request
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
BIRTH = f"{datetime.now(UTC).year - 9}-12"
NARRATIVE = "Canary narrative of a fever"
REPORTER = "Dr Canary"
BLASTS = "62.518093"  # digits that no duration in the log has by chance
CASE = {
    "subject": "S01-001",
    "site": "S01",
    "event_term": "Canary neutropenia",
    "grade": 4,
    "seriousness": ["hospitalisation"],
    "onset_on": "2026-02-19",
    "aware_at": "2026-02-20T09:30:00+01:00",
    "received_at": "2026-02-20T12:00:00+01:00",
    "reporter": REPORTER,
    "narrative": NARRATIVE,
}
REGISTRATION = {
    "subject": "S01-001",
    "site": "S01",
    "birth_year_month": BIRTH,
    "sex": "female",
    "consented_on": "2024-01-20",
}


@pytest.fixture
def answers(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], StudyDefinition],
) -> list[httpx.Response]:
    """The path of one child, each step once as it should be and once as it should not."""
    activate(STUDY)
    randomization, assessments = client_for("randomization"), client_for("assessments")
    safety = client_for("safety")
    open_trial(randomization)
    child = request()
    return [
        assessments.post("/subjects", json=REGISTRATION),
        assessments.post("/subjects", json=REGISTRATION | {"sex": "male"}),
        assessments.post("/subjects", json=REGISTRATION | {"birth_year_month": BIRTH + "-02"}),
        assessments.get("/subjects/S01-001", role="cra"),
        randomization.post("/allocations", json=child),
        randomization.post("/allocations", json=child | {"values": {"marrow_blasts": BLASTS}}),
        randomization.post("/allocations", json=child, role="sponsor"),
        randomization.get("/allocations/S01-001"),
        randomization.get("/allocations/S01-001", sites=["S02"]),
        safety.post("/cases", json=CASE),
        safety.post("/cases", json=CASE | {"grade": 9}),
        safety.post("/cases", json=CASE | {"subject": "S09-009"}),
        safety.get("/cases"),
    ]


@pytest.mark.proves("C38", kind="negative")
def test_the_log_holds_no_trial_data_after_a_whole_cycle(
    answers: list[httpx.Response],
    log_lines: io.StringIO,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    arm = answers[4].json()["arm"]
    assert [answer.status_code < 300 for answer in answers].count(True) == 6
    printed = capfd.readouterr()
    everything = log_lines.getvalue() + caplog.text + printed.out + printed.err
    secrets = (
        arm,
        BIRTH,
        NARRATIVE,
        REPORTER,
        "Canary",
        "S01-001",
        BLASTS,
        SECRET,
        "Bearer",
        "eyJ",
    )
    assert [secret for secret in secrets if secret in everything] == []
    lines = [json.loads(line) for line in log_lines.getvalue().splitlines()]
    assert len(lines) >= len(answers)
    assert all(line.keys() <= ALLOWED for line in lines)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.proves("C38", kind="negative")
def test_no_event_holds_an_arm_a_birth_date_or_free_text(
    answers: list[httpx.Response], database: TestDatabase
) -> None:
    arm = answers[4].json()["arm"]
    rows = database.rows("SELECT type, envelope::text FROM platform.outbox")
    assert {"subject.registered", "subject.randomized"} <= {str(kind) for kind, _ in rows}
    for kind, envelope in rows:
        for secret in (arm, BIRTH, NARRATIVE, REPORTER, "Canary", SECRET):
            assert secret not in str(envelope), f"{kind} tells {secret}"


@pytest.mark.proves("C38", kind="negative")
def test_no_refusal_repeats_what_was_sent_or_what_is_stored(answers: list[httpx.Response]) -> None:
    arm = answers[4].json()["arm"]
    for answer in answers:
        if answer.status_code >= 300:
            for secret in (arm, BIRTH, NARRATIVE, REPORTER, "Canary", BLASTS):
                assert secret not in answer.text, answer.text
