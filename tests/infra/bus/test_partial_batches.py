"""What a batch answer says of its messages, by Lambda's rule for partial batches."""

from typing import Any

import pytest
from sqlalchemy import Engine

from infra.bus.queues import Invocation, failed_messages, work_once
from tests.infra.bus.support import Deliveries

SENT = {"a", "b", "c"}


def failures(*ids: object) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": each} for each in ids]}


@pytest.mark.parametrize(
    "answer", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}]
)
def test_an_answer_without_failures_means_that_all_went_well(answer: Any) -> None:
    assert failed_messages(answer, SENT) == set()


@pytest.mark.parametrize(
    ("answer", "failed"),
    [(failures("b"), {"b"}), (failures("b", "b"), {"b"}), (failures("a", "c"), {"a", "c"})],
)
def test_only_the_named_messages_failed(answer: Any, failed: set[str]) -> None:
    assert failed_messages(answer, SENT) == failed


@pytest.mark.parametrize(
    "answer",
    [
        failures("a", "unknown"),
        failures(""),
        failures(None),
        failures(1),
        failures(["a"]),
        failures({"a": 1}),
        {"batchItemFailures": [{"itemIdentifer": "a"}]},
        {"batchItemFailures": ["a"]},
        {"batchItemFailures": "a"},
        {"batchItemFailures": {"itemIdentifier": "a"}},
        {"failures": []},
        "done",
        0,
        [],
        [{"itemIdentifier": "a"}],
    ],
)
def test_an_unknown_id_or_a_malformed_answer_fails_the_whole_batch(answer: Any) -> None:
    assert failed_messages(answer, SENT) == SENT


def test_a_malformed_answer_brings_every_message_again_with_a_cause(
    platform: Engine, deliveries: Deliveries
) -> None:
    sent = deliveries.add("S01-001", "S01-002")
    work_once(platform, deliveries.queue, 10, lambda batch: Invocation(failures("nobody"), {}))
    assert deliveries.states() == dict.fromkeys(sent, "leased")
    assert {deliveries.cause(each) for each in sent} == {"reported as failed"}


def test_a_function_that_raises_brings_every_message_again_without_its_words(
    platform: Engine, deliveries: Deliveries
) -> None:
    def raises(_batch: object) -> Invocation:
        raise ValueError("born 2015-06-15")

    sent = deliveries.add("S01-001", "S01-002")
    work_once(platform, deliveries.queue, 10, raises)
    assert deliveries.states() == dict.fromkeys(sent, "leased")
    assert {deliveries.cause(each) for each in sent} == {"ValueError from the function"}
