"""The queues of one machine keep the rules of SQS. Time passes by moving it in the database."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Engine, event

from infra.bus import inspection
from infra.bus.queues import Invocation, next_visible_in, work_once
from tests.infra.bus.support import SECOND, Deliveries, Function
from tests.support.database import TestDatabase


def test_visibility_of_one_second_and_two_receives_end_at_the_dead_letters(
    platform: Engine, deliveries: Deliveries
) -> None:
    (poison,) = deliveries.add("S01-001")
    function = Function(poison)

    def receives() -> int:
        return work_once(platform, deliveries.queue, 10, function)

    assert receives() == 1, "at 0.0 s"
    assert receives() == 0
    deliveries.let_pass(0.5)
    assert receives() == 0, "at 0.5 s"
    deliveries.let_pass(0.5)
    assert receives() == 1, "at 1.0 s"
    deliveries.let_pass(0.9)
    assert receives() == 0
    assert deliveries.states() == {poison: "leased"}
    deliveries.let_pass(0.1)
    assert receives() == 0, "at 2.0 s it is given up"
    assert deliveries.states() == {poison: "dead"}
    assert function.received == [poison, poison]
    assert deliveries.cause(poison) == "ValueError in the_handler"


def test_what_succeeds_is_done_and_never_comes_again(
    platform: Engine, deliveries: Deliveries
) -> None:
    sent = deliveries.add("S01-001", "S01-002")
    function = Function()
    assert work_once(platform, deliveries.queue, 10, function) == 2
    deliveries.let_pass(100)
    assert work_once(platform, deliveries.queue, 10, function) == 0
    assert function.received == sent
    assert set(deliveries.states().values()) == {"done"}


def test_events_after_a_poison_one_go_on(platform: Engine, deliveries: Deliveries) -> None:
    poison, *others = deliveries.add("S01-001", "S01-002", "S01-003")
    function = Function(poison)
    while work_once(platform, deliveries.queue, 1, function):
        pass
    assert function.received == [poison, *others]
    for _ in range(2):
        deliveries.let_pass(1)
        work_once(platform, deliveries.queue, 1, function)
    late = deliveries.add("S01-004")
    work_once(platform, deliveries.queue, 1, function)
    assert deliveries.states() == {poison: "dead"} | dict.fromkeys([*others, *late], "done")


def test_of_a_batch_only_the_third_and_the_seventh_come_again(
    platform: Engine, deliveries: Deliveries
) -> None:
    sent = deliveries.add(*[f"S01-{n:03}" for n in range(10)])
    function = Function(sent[2], sent[6])
    work_once(platform, deliveries.queue, 10, function)
    deliveries.let_pass(1)
    work_once(platform, deliveries.queue, 10, function)
    assert function.received == [*sent, sent[2], sent[6]]


def test_a_batch_is_never_larger_than_asked_for_by_whatever_plan(
    platform: Engine, deliveries: Deliveries
) -> None:
    @event.listens_for(platform, "connect")
    def only_nested_loops(connection: Any, _record: object) -> None:
        for method in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
            connection.execute(f"SET enable_{method} = off")
        connection.commit()

    sent = deliveries.add(*[f"S01-{n:03}" for n in range(7)])
    function = Function()
    while work_once(platform, deliveries.queue, 3, function):
        pass
    assert (function.batches, function.received) == ([3, 3, 1], sent)


def test_a_consumer_that_dies_gives_its_messages_back_and_leaves_a_cause_at_the_end(
    platform: Engine, deliveries: Deliveries
) -> None:
    (sent,) = deliveries.add("S01-001")

    def dies(_batch: Mapping[str, Any]) -> Invocation:
        raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            work_once(platform, deliveries.queue, 10, dies)
        deliveries.let_pass(1)
    assert work_once(platform, deliveries.queue, 10, Function()) == 0
    assert deliveries.states() == {sent: "dead"}
    assert deliveries.cause(sent) == "no answer from the function"


def test_a_consumer_that_answers_after_its_time_leaves_a_message_done_that_is_done(
    platform: Engine, deliveries: Deliveries
) -> None:
    (sent,) = deliveries.add("S01-001")

    def slow(_batch: Mapping[str, Any]) -> Invocation:
        deliveries.let_pass(1)
        assert work_once(platform, deliveries.queue, 10, Function()) == 1
        return Invocation({"batchItemFailures": [{"itemIdentifier": sent}]}, {})

    assert work_once(platform, deliveries.queue, 10, slow) == 1
    assert (deliveries.states(), deliveries.cause(sent)) == ({sent: "done"}, None)


def test_two_consumers_at_once_never_hold_the_same_message(
    platform: Engine, deliveries: Deliveries
) -> None:
    sent = deliveries.add(*[f"S01-{n:03}" for n in range(6)])
    inner = Function()

    def outer(batch: Mapping[str, Any]) -> Invocation:
        work_once(platform, deliveries.queue, 3, inner)
        return Invocation(None, {})

    work_once(platform, deliveries.queue, 3, outer)
    assert inner.received == sent[3:]


def test_it_is_known_when_the_next_message_can_be_received(
    platform: Engine, deliveries: Deliveries
) -> None:
    assert next_visible_in(platform, deliveries.queue) is None
    (sent,) = deliveries.add("S01-001")
    assert next_visible_in(platform, deliveries.queue) == 0
    work_once(platform, deliveries.queue, 10, Function(sent))
    waiting = next_visible_in(platform, deliveries.queue)
    assert waiting is not None
    assert SECOND - 60 < waiting <= SECOND


def test_a_message_looks_like_one_of_sqs(platform: Engine, deliveries: Deliveries) -> None:
    (sent,) = deliveries.add("S01-001")
    seen: list[Any] = []

    def look(batch: Mapping[str, Any]) -> Invocation:
        seen.extend(batch["Records"])
        return Invocation(None, {})

    work_once(platform, deliveries.queue, 10, look)
    (record,) = seen
    assert record["messageId"] == sent
    assert record["eventSource"] == "aws:sqs"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert json.loads(record["body"])["detail"] == {"id": sent, "subject": "S01-001"}


def test_dead_letters_are_listed_with_their_cause_and_redriven_once(
    platform: Engine, deliveries: Deliveries, database: TestDatabase
) -> None:
    poison, other = deliveries.add("S01-001", "S01-002")
    function = Function(poison, other)
    for _ in range(3):
        work_once(platform, deliveries.queue, 10, function)
        deliveries.let_pass(1)
    listed = inspection.dead_letters(platform)
    assert [str(row.event_id) for row in listed] == [poison, other]
    assert {(row.subject, row.type, row.attempts, row.last_error) for row in listed} == {
        (subject, "subject.registered", 2, "ValueError in the_handler")
        for subject in ("S01-001", "S01-002")
    }
    assert [tuple(row) for row in inspection.queues(platform)] == [("Queue", "dead", 2)]

    function.failing.clear()
    assert inspection.redrive(platform, event=str(uuid.uuid4())) == 0
    assert inspection.redrive(platform, consumer="Other") == 0
    assert inspection.redrive(platform, event=poison) == 1
    assert inspection.redrive(platform, event=poison) == 0
    assert work_once(platform, deliveries.queue, 10, function) == 1
    assert work_once(platform, deliveries.queue, 10, function) == 0
    assert function.received[-1] == poison
    assert deliveries.states() == {poison: "done", other: "dead"}
