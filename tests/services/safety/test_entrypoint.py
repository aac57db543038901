"""The service as a deployment starts it."""

import json
import subprocess
import sys
from typing import Any

import pytest

from services.safety import entrypoint
from services.safety.handlers import CONSUMER
from tests.services.safety.letting_in import register
from tests.services.safety.receiver import Receiver
from tests.services.safety.trial import SERIOUS_EVENT, Trial, recorded
from tests.support.api import SEALING_KEY, ApiClient
from tests.support.database import TestDatabase


@pytest.fixture
def environment(database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {
        "INDUCT_SAFETY_DATABASE_URL": database.url("induct_safety"),
        "INDUCT_ISSUER": "http://issuer.test",
        "INDUCT_AUDIENCE": "induct",
        "INDUCT_JWKS_URL": "http://issuer.test/jwks",
        "INDUCT_SEALING_KEY": SEALING_KEY,
        "INDUCT_SANDBOX": "1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(entrypoint, "_senders", [])


@pytest.mark.usefixtures("environment")
def test_the_schedule_sends_what_is_due(
    api: ApiClient, report: dict[str, Any], receiver: Receiver
) -> None:
    register(api, receiver.url)
    assert api.post("/cases", json=report).status_code == 201
    assert entrypoint.send_webhooks({"source": "aws.scheduler"}, None) == {"attempts": 1}
    assert entrypoint.send_webhooks({}, None) == {"attempts": 0}
    assert len(receiver.received) == 1
    entrypoint._senders[0].close()
    entrypoint._senders[0]._post.engine.dispose()


def test_a_batch_of_the_queue_opens_cases_and_names_the_messages_that_failed(
    trial: Trial, api: ApiClient
) -> None:
    def message(name: str, body: str) -> dict[str, Any]:
        return {"messageId": name, "body": body, "eventSource": "aws:sqs"}

    event = recorded(trial.record(SERIOUS_EVENT))
    good = json.dumps({"detail-type": event.type, "detail": event.model_dump(mode="json")})
    batch = {"Records": [message("bad", "{}"), message("good", good)]}
    answer = CONSUMER.handle_batch(trial.engine, batch)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert len(api.get("/cases").json()["items"]) == 1


def test_taking_a_case_costs_no_import_of_heavy_libraries() -> None:
    code = (
        "import sys, services.safety.entrypoint;"
        "print([m for m in ('boto3', 'httpx', 'numpy', 'pandas', 'yaml', 'cryptography')"
        " if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
