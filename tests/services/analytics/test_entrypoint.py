"""The functions of the service, as Lambda and the local stack call them."""

import json
import os
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.analytics import entrypoint
from services.analytics.handlers import NAME, RunConsumer
from shared.contracts.analytics import RunPublished, RunRequested
from shared.contracts.envelope import EventData, envelope
from shared.lambda_entry import LambdaHandler, queue_handler
from shared.messaging.consumer import failure_causes
from tests.services.analytics.trial import FREIREICH, TODAY, Trial

HEAVY = ("numpy", "pandas", "scipy", "lifelines", "matplotlib", "boto3")


@pytest.fixture
def deployed(empty: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trial:
    """A trial whose functions find their settings in the environment, as on Lambda."""
    settings = {
        "INDUCT_ANALYTICS_DATABASE_URL": empty.database.url("induct_analytics"),
        "INDUCT_ISSUER": "http://issuer.test",
        "INDUCT_AUDIENCE": "induct",
        "INDUCT_JWKS_URL": "http://issuer.test/keys",
        "INDUCT_ARTEFACTS": str(tmp_path / "artefacts"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(entrypoint, "_engines", [])
    for module in ("shared.lambda_entry", "services.analytics.entrypoint"):
        monkeypatch.setattr(f"{module}.blocking_engine", lambda *_, **__: empty.engine)
    return empty


def consumer() -> LambdaHandler:
    """The function of the queue, new as in a new environment."""
    assert "INDUCT_ARTEFACTS" in os.environ
    return queue_handler(NAME, RunConsumer(entrypoint._store))


def message(data: EventData, message_id: str = "m1") -> dict[str, Any]:
    now = datetime(2025, 1, 1, tzinfo=UTC)
    content = envelope(data, study=FREIREICH, time=now) | {
        "id": str(uuid.uuid4()),
        "version": 1,
    }
    return {"messageId": message_id, "body": json.dumps({"detail": content})}


def asked(run: str) -> RunRequested:
    return RunRequested(run_id=run, cutoff=TODAY)


@pytest.mark.parametrize("module", ["services.analytics.entrypoint", "services.analytics.service"])
def test_answering_requests_loads_no_library_of_the_statistics(module: str) -> None:
    code = f"import sys, {module}\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_message_performs_its_run_and_notes_the_event_with_the_results(deployed: Trial) -> None:
    run = deployed.ask()
    sent = message(asked(run))
    consume = consumer()
    answer = consume({"Records": [sent]}, None)
    assert answer == {"batchItemFailures": []}
    assert deployed.run(run)["state"] == "published"
    event = json.loads(sent["body"])["detail"]["id"]
    noted = deployed.database.rows("SELECT event_id::text FROM platform.inbox")
    assert noted == [(event,)]
    again = consume({"Records": [sent]}, None)
    assert again == {"batchItemFailures": []}
    told = deployed.database.rows(
        "SELECT count(*) FROM platform.outbox WHERE type = 'run.published'"
    )
    assert told == [(1,)]


@pytest.mark.usefixtures("drawn_quickly")
def test_only_the_messages_that_failed_are_reported(deployed: Trial) -> None:
    good, missing = deployed.ask(), str(uuid.uuid4())
    batch = [
        message(asked(missing), "unknown run"),
        message(asked(good), "good"),
        message(RunPublished(run_id=good, cutoff=TODAY, inputs_hash="0"), "other event"),
        {"messageId": "nonsense", "body": "{"},
    ]
    causes: dict[str, str] = {}
    token = failure_causes.set(causes)
    try:
        answer = consumer()({"Records": batch}, None)
    finally:
        failure_causes.reset(token)
    failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
    assert failed == {"unknown run", "other event", "nonsense"} == set(causes)
    assert deployed.run(good)["state"] == "published"


@pytest.mark.usefixtures("drawn_quickly")
def test_a_run_that_failed_comes_again_and_completes_when_the_cause_is_gone(
    deployed: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = deployed.ask()
    sent = {"Records": [message(asked(run))]}

    def full(*_: Any) -> str:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("shared.artefacts._write", full)
        failed = consumer()(sent, None)
    assert failed == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert deployed.run(run)["failure"] == "artefacts-unavailable"
    assert deployed.database.rows("SELECT count(*) FROM platform.inbox") == [(0,)]
    assert consumer()(sent, None) == {"batchItemFailures": []}
    found = deployed.run(run)
    assert (found["state"], found["failure"]) == ("published", None)


@pytest.mark.usefixtures("drawn_quickly")
def test_a_superseded_run_is_done_with_and_does_not_come_again(deployed: Trial) -> None:
    late = deployed.ask()
    deployed.publish()
    answer = consumer()({"Records": [message(asked(late))]}, None)
    assert answer == {"batchItemFailures": []}
    assert deployed.run(late)["failure"] == "superseded"


def test_the_schedule_starts_the_night(deployed: Trial) -> None:
    assert entrypoint.start_night({"cutoff": "2025-03-08"}, None) == {"asked": 1, "known": 0}
    assert entrypoint.start_night({"cutoff": "2025-03-08"}, None) == {"asked": 0, "known": 1}


def test_figures_are_read_from_where_the_consumer_put_them(deployed: Trial) -> None:
    run = deployed.ask()
    consumer()({"Records": [message(asked(run))]}, None)
    assert deployed.api.get("/figures/REMDUR.svg", role="sponsor").status_code == 200
