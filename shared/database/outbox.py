"""Events leave through the outbox, written in the transaction of what they tell.

The version of an event counts the events of its stream (one subject of one service). The head
row's lock makes the order of versions the order of commits.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from shared.contracts.envelope import EventData, envelope
from shared.database.unit_of_work import UnitOfWork

# One statement: nearly every change ends with it, and each round trip is paid for.
_ADD = text("""
    WITH head AS (
        INSERT INTO platform.stream_head AS h (stream, version) VALUES (:stream, 1)
        ON CONFLICT (stream) DO UPDATE SET version = h.version + 1
        RETURNING version, gen_random_uuid() AS event_id)
    INSERT INTO platform.outbox (event_id, study_id, stream, version, type, envelope)
    SELECT head.event_id, :study, :stream, head.version, :type, CAST(:envelope AS jsonb)
           || jsonb_build_object('id', head.event_id, 'version', head.version)
    FROM head
""")

# Of many events of one stream each gets the next version, in the order given.
_ADD_ALL = text("""
    WITH told AS (
        SELECT e.n, e.stream, e.type, e.envelope, gen_random_uuid() AS event_id,
               row_number() OVER (PARTITION BY e.stream ORDER BY e.n) AS nth
        FROM jsonb_to_recordset(CAST(:events AS jsonb)) AS e
            (n integer, stream text, type text, envelope jsonb)),
    head AS (
        INSERT INTO platform.stream_head AS h (stream, version)
        SELECT stream, count(*) FROM told GROUP BY stream ORDER BY stream COLLATE "C"
        ON CONFLICT (stream) DO UPDATE SET version = h.version + excluded.version
        RETURNING h.stream, h.version)
    INSERT INTO platform.outbox (event_id, study_id, stream, version, type, envelope)
    SELECT t.event_id, :study, t.stream, v.version, t.type,
           t.envelope || jsonb_build_object('id', t.event_id, 'version', v.version)
    FROM told t JOIN head USING (stream)
    JOIN (SELECT stream, count(*) AS many FROM told GROUP BY stream) c USING (stream)
    CROSS JOIN LATERAL (SELECT head.version - c.many + t.nth AS version) v
    ORDER BY t.n
""")

# What others hold of an event is what it is: id, version and content are those of the first time.
_AGAIN = text("""
    INSERT INTO platform.outbox (event_id, study_id, stream, version, type, envelope)
    SELECT l.event_id, l.study_id, l.stream, l.version, l.type, l.envelope
    FROM platform.lost_event l WHERE l.event_id = CAST(:event AS uuid)
    ON CONFLICT DO NOTHING RETURNING event_id
""")


def publish(work: UnitOfWork, data: EventData, *, at: datetime | None = None) -> None:
    """Record an event. ``at`` is when it happened, where that is not the transaction's instant."""
    stream = f"{data.source}/{work.study}/{data.about()}"
    content = _envelope(work, data, at or work.now)
    work.send(_ADD, study=work.study, stream=stream, type=data.type, envelope=json.dumps(content))


def publish_all(work: UnitOfWork, events: Sequence[EventData]) -> None:
    """Record events in their order, in one statement."""
    if not events:
        return
    rows = [
        {
            "n": n,
            "stream": f"{data.source}/{work.study}/{data.about()}",
            "type": data.type,
            "envelope": _envelope(work, data, work.now),
        }
        for n, data in enumerate(events)
    ]
    work.send(_ADD_ALL, study=work.study, events=json.dumps(rows))


def publish_again(work: UnitOfWork, event: str) -> bool:
    """Record an event that was lost with a restore, as others hold it; False where it, or another
    of its place in the stream, is in the outbox already."""
    return work.one(_AGAIN, event=event) is not None


def _envelope(work: UnitOfWork, data: EventData, time: datetime) -> dict[str, Any]:
    trace = work.origin.trace
    traceparent = None if trace is None else trace.traceparent
    return envelope(data, study=work.study, time=time, traceparent=traceparent)
