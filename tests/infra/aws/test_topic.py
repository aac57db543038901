"""A notice reaches the subscribers of an SNS topic, or is said not to."""

import json
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.aws import webhook_watch
from infra.aws.topic import MOST_SUBJECT, TopicChannel
from infra.topology.loader import load_template
from services.safety.e2b.gateway import DeliveryError, FolderDrop
from services.safety.webhooks.fallback_handlers import OUTBOX

REGION = "eu-central-1"


class Subscriber:
    """A topic with one queue that is told everything."""

    def __init__(self) -> None:
        self.sns = boto3.client("sns", region_name=REGION)
        self._sqs = boto3.client("sqs", region_name=REGION)
        self.topic = self.sns.create_topic(Name="fallback")["TopicArn"]
        self._queue = self._sqs.create_queue(QueueName="told")["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=self._queue, AttributeNames=["QueueArn"]
        )
        self.sns.subscribe(
            TopicArn=self.topic, Protocol="sqs", Endpoint=attributes["Attributes"]["QueueArn"]
        )

    def told(self) -> list[Any]:
        found = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
        return [json.loads(each["Body"]) for each in found.get("Messages", [])]


@pytest.fixture
def subscriber(monkeypatch: pytest.MonkeyPatch) -> Iterator[Subscriber]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield Subscriber()


def letter(subject: str = "Induct: case NCT05748171-0001 is due") -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = subject
    mail["X-Induct-Cause"] = "undelivered"
    mail.set_content("Two messages were taken by no endpoint.\n\nRead the case in Induct.\n")
    return mail.as_bytes()


def test_a_notice_is_published_with_its_subject_its_words_and_its_name(
    subscriber: Subscriber,
) -> None:
    TopicChannel(subscriber.sns, subscriber.topic).deliver("one.eml", letter())
    (told,) = subscriber.told()
    assert told["Subject"] == "Induct: case NCT05748171-0001 is due"
    assert told["Message"] == (
        "Two messages were taken by no endpoint.\n\nRead the case in Induct.\n"
    )
    attributes = {name: each["Value"] for name, each in told["MessageAttributes"].items()}
    assert attributes == {"induct-notice": "one.eml", "induct-cause": "undelivered"}


def test_a_subject_that_the_topic_does_not_take_is_cut_and_made_plain(
    subscriber: Subscriber,
) -> None:
    TopicChannel(subscriber.sns, subscriber.topic).deliver("one.eml", letter("é" + "x" * 200))
    (told,) = subscriber.told()
    assert told["Subject"] == "?" + "x" * (MOST_SUBJECT - 1)


def test_a_topic_that_is_not_there_is_told_by_its_code(subscriber: Subscriber) -> None:
    with pytest.raises(DeliveryError, match="NotFound"):
        TopicChannel(subscriber.sns, subscriber.topic + "-gone").deliver("one.eml", letter())


@pytest.mark.usefixtures("subscriber")
def test_the_channel_is_what_the_deployment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(OUTBOX, raising=False)
    monkeypatch.delenv(webhook_watch.TOPIC, raising=False)
    assert webhook_watch.channel() is None
    monkeypatch.setenv(OUTBOX, str(tmp_path))
    assert isinstance(webhook_watch.channel(), FolderDrop)
    monkeypatch.setenv(webhook_watch.TOPIC, f"arn:aws:sns:{REGION}:123456789012:fallback")
    assert isinstance(webhook_watch.channel(), TopicChannel)


def test_the_watch_may_publish_to_its_topic_and_nothing_else() -> None:
    template = load_template(Path(__file__).parents[3] / "template.yaml")
    (policy,) = template["Resources"]["SafetyWebhookWatch"]["Properties"]["Policies"]
    login, statement = policy["Statement"]
    assert login["Action"] == "rds-db:connect"
    assert (statement["Effect"], statement["Action"]) == ("Allow", "sns:Publish")
    assert statement["Resource"] == {"Ref": "SafetyFallback"}
