"""``induct ops`` asks a deployment on AWS and says what it answered."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from infra.aws import remote
from infra.cli.console import Refused
from infra.cli.main import app
from tests.infra.template.templates import functions

REGION = "eu-central-1"


class Lambda:
    """Lambda with one function, which answers what it is told to."""

    def __init__(self) -> None:
        self.answer: dict[str, Any] = {}
        self.failed = False
        self.asked: list[dict[str, Any]] = []
        self.shares: dict[str, int] = {}

    def put_function_concurrency(
        self,
        *,
        FunctionName: str,  # noqa: N803
        ReservedConcurrentExecutions: int,  # noqa: N803
    ) -> None:
        self.shares[FunctionName.removeprefix("induct-live-")] = ReservedConcurrentExecutions

    def invoke(self, *, FunctionName: str, Qualifier: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert (FunctionName, Qualifier) == ("induct-live-Operations", "live")
        self.asked.append(json.loads(Payload))
        told = {"Payload": io.BytesIO(json.dumps(self.answer).encode())}
        return told | ({"FunctionError": "Unhandled"} if self.failed else {})


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lambda]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("INDUCT_STAGE", "live")
    function = Lambda()
    real = boto3.client

    def client(service: str, **options: Any) -> Any:
        return function if service == "lambda" else real(service, **options)

    monkeypatch.setattr(remote.boto3, "client", client)
    with mock_aws():
        sqs = real("sqs")
        for name in (*remote.CONSUMERS, *remote.BESIDE):
            dead = sqs.create_queue(QueueName=f"induct-live-{name}-dead")["QueueUrl"]
            arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
            if name in remote.CONSUMERS:
                policy = {
                    "deadLetterTargetArn": arn["Attributes"]["QueueArn"], "maxReceiveCount": 5,
                }  # fmt: skip
                sqs.create_queue(
                    QueueName=f"induct-live-{name}",
                    Attributes={"RedrivePolicy": json.dumps(policy)},
                )
        yield function


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["ops", *words])


def test_migrate_tells_whether_there_was_something_to_do(deployment: Lambda) -> None:
    deployment.answer = {"migrated": True}
    assert run("migrate").output == "Migrated.\n"
    deployment.answer = {"migrated": False}
    assert run("migrate").output == "Every migration had run already.\n"
    assert deployment.asked == [{"command": "migrate"}] * 2


def test_activate_sends_the_text_of_a_definition_with_who_and_why(
    deployment: Lambda, tmp_path: Path
) -> None:
    file = tmp_path / "study.yaml"
    file.write_text("id: S\n")
    deployment.answer = {
        "study": "S", "version": "1", "mode": "live", "definition": "a" * 64, "changed": True,
    }  # fmt: skip
    shown = run("activate", str(file), "--reason", "go", "--actor", "me", "--live")
    assert shown.output == "S 1 is in force (live, aaaaaaaaaaaa).\n"
    assert deployment.asked == [
        {
            "command": "activate",
            "definition": "id: S\n",
            "reason": "go",
            "actor": "me",
            "live": True,
        }
    ]
    assert isinstance(
        run("activate", "nowhere", "--reason", "a", "--actor", "b").exception, Refused
    )


def test_status_shows_outbox_queues_and_dead_letters(deployment: Lambda) -> None:
    boto3.client("sqs").send_message(
        QueueUrl=boto3.client("sqs").get_queue_url(QueueName="induct-live-safety-dead")["QueueUrl"],
        MessageBody="x",
    )
    deployment.answer = {
        "outbox": {"pending": {"events": 3, "oldest_seconds": 7}}, "current": False,
    }  # fmt: skip
    lines = run("status").output.splitlines()
    assert lines[1].split()[:3] == ["outbox,", "pending", "3"]
    assert [line.split() for line in lines if line.startswith("safety")] == [
        ["safety", "0", "0", "1"]
    ]
    assert lines[-2:] == [
        "The oldest event in the outbox has waited for 7 seconds.",
        "Migrations are outstanding: induct ops migrate",
    ]


def test_restored_sends_the_events_that_others_hold_with_who_and_why(
    deployment: Lambda, tmp_path: Path
) -> None:
    file = tmp_path / "seen.jsonl"
    file.write_text('{"id": 1}\n\n{"id": 2}\n')
    deployment.answer = {"noted": 2, "held": ["S", "T"]}
    words = ("--reason", "restored to noon", "--actor", "me")
    assert run("restored", str(file), *words).output == (
        "2 events noted that this database never sent.\nHeld now: S, T.\n"
    )
    assert deployment.asked == [
        {
            "command": "restored",
            "events": [{"id": 1}, {"id": 2}],
            "actor": "me",
            "reason": "restored to noon",
        }
    ]
    file.write_text("{")
    assert isinstance(run("restored", str(file), *words).exception, Refused)
    assert isinstance(run("restored", "nowhere", *words).exception, Refused)


def test_verify_names_the_places_and_fails_where_there_are_any(deployment: Lambda) -> None:
    deployment.answer = {"whole": True, "rows": 5, "streams": 2, "faults": 0, "first": []}
    assert run("verify").output == "Whole: 5 rows in 2 streams.\n"
    deployment.answer |= {"whole": False, "faults": 1, "first": ["S, row 2: altered"]}
    shown = run("verify")
    assert shown.output == "S, row 2: altered\n"
    assert isinstance(shown.exception, Refused)


def test_what_the_function_refuses_is_told_in_its_words(deployment: Lambda) -> None:
    deployment.failed = True
    deployment.answer = {"errorMessage": "S is in training mode and stays so."}
    assert str(run("migrate").exception) == "S is in training mode and stays so."


def test_redrive_moves_a_consumers_dead_letters_and_knows_no_other(
    deployment: Lambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[dict[str, str]] = []
    # moto moves nothing; the shape of the call is held against botocore's model of it.
    real = boto3.client("sqs")
    model = real.meta.service_model.operation_model("StartMessageMoveTask").input_shape
    real.start_message_move_task = lambda **words: moved.append(words)
    monkeypatch.setattr(remote.boto3, "client", lambda _service: real)
    assert run("redrive", "safety").output.startswith("On their way")
    assert set(moved[0]) <= set(model.members)
    assert {key: value.rpartition(":")[2] for key, value in moved[0].items()} == {
        "SourceArn": "induct-live-safety-dead",
        "DestinationArn": "induct-live-safety",
    }
    assert "one of randomization" in str(run("redrive", "nobody").exception)


def test_what_changes_something_is_held_and_given_its_share_again(deployment: Lambda) -> None:
    assert run("hold").exit_code == 0
    looking_on = {"Operations", "Watch", "AuditNight", "TokenKeys", "BeforeTraffic"}
    assert set(deployment.shares) == set(functions()) - looking_on
    assert set(deployment.shares.values()) == {0}
    deployment.shares.clear()
    assert "SafetyApi may run" in run("release", "safety").output
    assert deployment.shares == {
        name: each["ReservedConcurrentExecutions"]
        for name, each in functions().items()
        if name.startswith("Safety")
    }
    assert "one of randomization" in str(run("hold", "nothing").exception)


def test_a_deployment_that_is_not_there_is_told(
    deployment: Lambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.answer = {"outbox": {}, "current": True}
    monkeypatch.setattr(remote, "CONSUMERS", ("nobody",))
    assert "NonExistentQueue" in str(run("status").exception) or run("status").exit_code == 1
