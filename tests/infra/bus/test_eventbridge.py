"""The adapter to EventBridge, against moto."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.bus.eventbridge import EventBridge
from infra.bus.local import as_received
from infra.bus.port import MAX_ENTRY_BYTES, Entry
from shared.messaging.consumer import read_envelope
from tests.infra.bus.support import STUDY

BUS = "induct-test"
REGION = "eu-central-1"


@pytest.fixture
def events() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("events", region_name=REGION)
        client.create_event_bus(Name=BUS)
        yield client


@pytest.fixture
def queue(events: Any) -> Any:
    """What arrives at a queue that a rule for every event of Induct feeds."""
    sqs = boto3.resource("sqs", region_name=REGION)
    queue = sqs.create_queue(QueueName="all")
    pattern = json.dumps({"source": [{"prefix": "induct."}]})
    events.put_rule(Name="all", EventBusName=BUS, EventPattern=pattern)
    target = {"Id": "queue", "Arn": queue.attributes["QueueArn"]}
    events.put_targets(Rule="all", EventBusName=BUS, Targets=[target])
    return queue


def received(queue: Any) -> list[str]:
    found: list[str] = []
    while messages := queue.receive_messages(MaxNumberOfMessages=10):
        found += [message.body for message in messages]
        for message in messages:
            message.delete()
    return found


class Watched:
    """A client that remembers how many entries each call had, and fails where told to."""

    def __init__(self, client: Any, *failing_calls: int) -> None:
        self._client = client
        self._failing = failing_calls
        self.calls: list[int] = []

    def put_events(self, **arguments: Any) -> Any:
        self.calls.append(len(arguments["Entries"]))
        if len(self.calls) in self._failing:
            raise ConnectionError
        return self._client.put_events(**arguments)


def entry(text: str = "", **changes: str) -> Entry:
    envelope = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "urn:induct:assessments",
        "type": "subject.registered",
        "subject": f"{STUDY}/subject/S01-001",
        "time": "2026-01-01T10:00:00Z",
        "study": STUDY,
        "version": 1,
        "dataschema": "subject.registered/1.0",
        "data": {"text": text},
    }
    return Entry.of(envelope | changes)


def ids(bodies: list[str]) -> set[str]:
    return {str(read_envelope(body).id) for body in bodies}


def test_what_a_target_receives_is_what_the_local_bus_delivers(events: Any, queue: Any) -> None:
    sent = entry("pašerák 学 \N{OGHAM SPACE MARK}")
    assert EventBridge(events, BUS).publish([sent]) == {}
    (body,) = received(queue)
    there, here = json.loads(body), as_received(sent)
    assert there["detail"] == here["detail"] == json.loads(sent.detail)
    assert there.keys() - here.keys() <= {"ingestion-time"}
    assert (there["source"], there["detail-type"]) == (here["source"], here["detail-type"])


def test_more_than_ten_entries_go_in_calls_of_ten(events: Any, queue: Any) -> None:
    client = Watched(events)
    sent = [entry() for _ in range(23)]
    assert EventBridge(client, BUS).publish(sent) == {}
    assert client.calls == [10, 10, 3]
    assert ids(received(queue)) == {each.event_id for each in sent}


def test_a_call_stays_within_256_kilobytes(events: Any, queue: Any) -> None:
    client = Watched(events)
    sent = [entry("x" * 100_000) for _ in range(5)]
    assert EventBridge(client, BUS).publish(sent) == {}
    assert client.calls == [2, 2, 1]
    assert len(received(queue)) == 5


def test_an_entry_too_large_holds_up_no_other(events: Any, queue: Any) -> None:
    client = Watched(events)
    large, small = entry("x" * MAX_ENTRY_BYTES), entry()
    assert EventBridge(client, BUS).publish([large, small]) == {large.event_id: "EntryTooLarge"}
    assert ids(received(queue)) == {small.event_id}


def test_what_the_outbox_takes_is_never_too_large_for_the_bus(events: Any) -> None:
    # The outbox takes 200 000 bytes; escapes for what is not ASCII would make them 600 000.
    largest = entry("ř" * 99_000)
    assert len(largest.detail.encode()) < 200_000
    assert EventBridge(events, BUS).publish([largest]) == {}


def test_an_entry_that_the_bus_answers_with_an_error_code_is_named_with_it(
    events: Any, queue: Any
) -> None:
    good, bad = entry(), entry(source="urn:")
    assert EventBridge(events, BUS).publish([good, bad]) == {bad.event_id: "InvalidArgument"}
    assert ids(received(queue)) == {good.event_id}


def test_a_bus_that_is_not_there_takes_nothing_and_says_why(events: Any) -> None:
    sent = [entry(), entry()]
    failures = EventBridge(events, "no-such-bus").publish(sent)
    assert failures == {each.event_id: "ResourceNotFoundException" for each in sent}


def test_a_call_that_breaks_fails_its_entries_and_those_after_it_but_none_before(
    events: Any, queue: Any
) -> None:
    client = Watched(events, 2)
    sent = [entry() for _ in range(25)]
    failures = EventBridge(client, BUS).publish(sent)
    assert failures == {each.event_id: "ConnectionError" for each in sent[10:]}
    assert client.calls == [10, 10]
    assert ids(received(queue)) == {each.event_id for each in sent[:10]}
