"""Queues of one machine, with the semantics of SQS: visibility timeout, receive count, redrive."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, text

from infra.topology import Queue
from shared import faults

# All that one statement gives up, in the order of its plan, is settled at one instant.
_BURY = text("""
    UPDATE platform.delivery
    SET state = 'dead', settled_at = statement_timestamp(),
        last_error = coalesce(last_error, 'no answer from the function')
    WHERE consumer = :queue AND state IN ('pending', 'leased')
      AND visible_at <= clock_timestamp() AND attempts >= :most
""")
# Chosen by a query of its own, as the relay does: a batch is never larger than asked for.
_RECEIVE = text("""
    WITH due AS MATERIALIZED (
        SELECT event_id FROM platform.delivery
        WHERE consumer = :queue AND state IN ('pending', 'leased')
          AND visible_at <= clock_timestamp()
        ORDER BY created_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    UPDATE platform.delivery d
    SET state = 'leased', attempts = attempts + 1,
        visible_at = clock_timestamp() + :visibility * interval '1 second'
    FROM due WHERE d.consumer = :queue AND d.event_id = due.event_id
    RETURNING d.event_id, d.envelope, d.attempts, d.created_at
""")
_DONE = text("""
    UPDATE platform.delivery SET state = 'done', settled_at = clock_timestamp(), last_error = NULL
    WHERE consumer = :queue AND event_id = ANY (CAST(:ids AS uuid[]))
""")
_FAILED = text("""
    UPDATE platform.delivery SET last_error = :error
    WHERE consumer = :queue AND event_id = CAST(:id AS uuid) AND state = 'leased'
""")
_NEXT_VISIBLE = text("""
    SELECT extract(epoch FROM min(visible_at) - clock_timestamp())
    FROM platform.delivery WHERE consumer = :queue AND state IN ('pending', 'leased')
""")


@dataclass(frozen=True)
class Invocation:
    """What a function answered, and why, where it said, for the messages that failed."""

    answer: Any
    causes: Mapping[str, str]


Invoke = Callable[[Mapping[str, Any]], Invocation]


def work_once(engine: Engine, queue: Queue, batch_size: int, invoke: Invoke) -> int:
    """Receive one batch, invoke the consumer, settle each message; answer how many there were."""
    with engine.begin() as connection:
        _bury(connection, queue)
        rows = connection.execute(
            _RECEIVE,
            {
                "queue": queue.logical_id,
                "visibility": queue.visibility_timeout,
                "limit": batch_size,
            },
        ).all()
    if not rows:
        return 0
    ids = [str(row.event_id) for row in sorted(rows, key=lambda row: row.created_at)]
    events = {str(row.event_id): row for row in rows}
    failures = _invoke(invoke, queue, [(i, events[i]) for i in ids])
    faults.point("batch done, not marked")
    with engine.begin() as connection:
        done = [event_id for event_id in ids if event_id not in failures]
        connection.execute(_DONE, {"queue": queue.logical_id, "ids": done})
        for event_id, cause in failures.items():
            connection.execute(
                _FAILED, {"queue": queue.logical_id, "id": event_id, "error": cause[:500]}
            )
    return len(rows)


def next_visible_in(engine: Engine, queue: Queue) -> float | None:
    """Seconds until a message can be received (0 = now); None where the queue is empty."""
    with engine.connect() as connection:
        found = connection.execute(_NEXT_VISIBLE, {"queue": queue.logical_id}).scalar_one()
    return None if found is None else max(0.0, float(found))


def _bury(connection: Connection, queue: Queue) -> None:
    if queue.max_receive_count is not None:
        connection.execute(_BURY, {"queue": queue.logical_id, "most": queue.max_receive_count})


def _invoke(invoke: Invoke, queue: Queue, rows: list[tuple[str, Any]]) -> dict[str, str]:
    """Why each failed message failed. A function that raises, or answers nonsense, fails all."""
    batch = {"Records": [_record(queue, event_id, row) for event_id, row in rows]}
    everything = {event_id for event_id, _ in rows}
    try:
        invocation = invoke(batch)
    except Exception as error:  # a function may raise anything; its messages come again
        return dict.fromkeys(everything, f"{type(error).__name__} from the function")
    failed = failed_messages(invocation.answer, everything)
    return {each: invocation.causes.get(each, "reported as failed") for each in failed}


def failed_messages(answer: Any, sent: set[str]) -> set[str]:
    """The messages a batch answer calls failed, by Lambda's rule for partial batches.

    No answer or an empty list means that all went well; an id that was not sent, an empty one, or
    an answer of another shape fails the whole batch.
    """
    if answer is None or answer == {}:
        return set()
    if not isinstance(answer, dict) or "batchItemFailures" not in answer:
        return sent
    failures = answer["batchItemFailures"]
    if failures is None:
        return set()
    if not isinstance(failures, list):
        return sent
    ids = [f.get("itemIdentifier") if isinstance(f, dict) else None for f in failures]
    known = [i for i in ids if isinstance(i, str) and i in sent]
    return set(known) if len(known) == len(ids) else sent


def _record(queue: Queue, event_id: str, row: Any) -> dict[str, Any]:
    return {
        "messageId": event_id,
        "receiptHandle": f"{event_id}/{row.attempts}",
        "body": json.dumps(row.envelope),
        "attributes": {
            "ApproximateReceiveCount": str(row.attempts),
            "SentTimestamp": str(int(row.created_at.timestamp() * 1000)),
        },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:local:000000000000:{queue.logical_id}",
        "awsRegion": "local",
    }
