"""The question before the first call: put to each new version, told to CodeDeploy either way."""

import io
import json
from typing import Any

import pytest

from infra.aws import before_traffic
from infra.aws.before_traffic import handler

EVENT = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "x-1"}


class Cloud:
    """Lambda and CodeDeploy as far as the hook needs them; ``answers`` by the version's ARN."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, str]] = []
        self.told: list[dict[str, str]] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        self.asked.append((FunctionName, json.loads(Payload)["rawPath"]))
        answer = self.answers[FunctionName]
        if isinstance(answer, Exception):
            raise answer
        content = io.BytesIO(json.dumps(answer["said"]).encode())
        return {"Payload": content, **answer.get("beside", {})}

    def put_lifecycle_event_hook_execution_status(self, **told: str) -> None:
        self.told.append(told)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    found = Cloud()
    monkeypatch.setattr(before_traffic, "client", lambda _service: found)
    monkeypatch.setenv(before_traffic.VERSIONS, "randomization=arn:r:7 safety=arn:s:3")
    found.answers = {"arn:r:7": {"said": {"statusCode": 200}}}
    return found


def test_a_release_whose_versions_are_all_ready_takes_calls(cloud: Cloud) -> None:
    cloud.answers["arn:s:3"] = {"said": {"statusCode": 200}}
    assert handler(EVENT, None) == {"status": "Succeeded"}
    assert cloud.asked == [("arn:r:7", "/randomization/ready"), ("arn:s:3", "/safety/ready")]
    assert cloud.told == [
        {"deploymentId": "d-1", "lifecycleEventHookExecutionId": "x-1", "status": "Succeeded"}
    ]


@pytest.mark.parametrize(
    "answer",
    [
        {"said": {"statusCode": 503}},
        {"said": {"errorMessage": "no module"}, "beside": {"FunctionError": "Unhandled"}},
        {"said": {"statusCode": 200}, "beside": {"FunctionError": "Unhandled"}},
        {"said": ["nonsense"]},
        ConnectionError("timed out"),
    ],
    ids=["unready", "broken", "broken late", "nonsense", "unreachable"],
)
def test_one_version_that_is_not_ready_stops_the_release(cloud: Cloud, answer: Any) -> None:
    cloud.answers["arn:s:3"] = answer
    assert handler(EVENT, None) == {"status": "Failed"}
    assert [each["status"] for each in cloud.told] == ["Failed"]


def test_a_check_of_no_version_is_none(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(before_traffic.VERSIONS, " ")
    with pytest.raises(ValueError, match="names no version"):
        handler(EVENT, None)
    assert cloud.told == []
