"""A deployment on AWS seen from an operator's machine: what ``induct ops`` asks, under the
credentials and in the region that the person has there."""

import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.aws.asked import unpacked

CONSUMERS = ("randomization", "assessments", "safety", "analytics")
# Others whose dead letters lie in a queue: schedules and failed functions, the bus, the pager.
BESIDE = ("schedules", "bus", "calls")
# Operations takes as long as a function may; an answer is waited for, and nothing is sent twice.
_PATIENT = Config(read_timeout=910, retries={"total_max_attempts": 1})


class RemoteError(RuntimeError):
    """The deployment cannot be asked, or refused; the message says what it said."""


def operate(stage: str, command: str, words: Mapping[str, Any]) -> dict[str, Any]:
    """Have the operations function of a stage do a command. Raises ``RemoteError``."""
    try:
        answer = boto3.client("lambda", config=_PATIENT).invoke(
            FunctionName=f"induct-{stage}-Operations",
            Qualifier="live",
            Payload=json.dumps({"command": command, **words}).encode(),
        )
        told: dict[str, Any] = json.loads(answer["Payload"].read())
    except (BotoCoreError, ClientError, ValueError) as error:
        raise RemoteError(str(error)) from None
    if "FunctionError" in answer:
        raise RemoteError(str(told.get("errorMessage", "the function failed; see its log")))
    return unpacked(told)


def queues(stage: str) -> list[tuple[str, int, int, int]]:
    """Of each consumer and of what else has dead letters: how many messages wait, are worked on and
    lie dead. Raises ``RemoteError``."""
    try:
        sqs = boto3.client("sqs")
        found = []
        for name in (*CONSUMERS, *BESIDE):
            waiting, worked = _count(sqs, f"induct-{stage}-{name}") if name in CONSUMERS else (0, 0)
            dead, _ = _count(sqs, f"induct-{stage}-{name}-dead")
            found.append((name, waiting, worked, dead))
    except (BotoCoreError, ClientError) as error:
        raise RemoteError(str(error)) from None
    return found


def redrive(stage: str, consumer: str) -> None:
    """Begin to move a consumer's dead letters back to its queue. Raises ``RemoteError``."""
    try:
        sqs = boto3.client("sqs")
        dead = _arn(sqs, f"induct-{stage}-{consumer}-dead")
        alive = _arn(sqs, f"induct-{stage}-{consumer}")
        sqs.start_message_move_task(SourceArn=dead, DestinationArn=alive)
    except (BotoCoreError, ClientError) as error:
        raise RemoteError(str(error)) from None


def share(stage: str, function: str, executions: int) -> None:
    """Let a function run so many times at once; with 0 it takes nothing. Raises ``RemoteError``."""
    try:
        boto3.client("lambda").put_function_concurrency(
            FunctionName=f"induct-{stage}-{function}", ReservedConcurrentExecutions=executions
        )
    except (BotoCoreError, ClientError) as error:
        raise RemoteError(str(error)) from None


def _count(sqs: Any, name: str) -> tuple[int, int]:
    kinds = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=kinds)["Attributes"]
    return int(told[kinds[0]]), int(told[kinds[1]])


def _arn(sqs: Any, name: str) -> str:
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return str(told["QueueArn"])
