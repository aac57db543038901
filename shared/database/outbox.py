"""Events leave through the outbox, written in the transaction of what they tell.

The version of an event counts the events of its stream (one subject of one service). The head
row's lock makes the order of versions the order of commits.
"""

import json
from datetime import datetime

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


def publish(work: UnitOfWork, data: EventData, *, at: datetime | None = None) -> None:
    """Record an event. ``at`` is when it happened, where that is not the transaction's instant."""
    stream = f"{data.source}/{work.study}/{data.about()}"
    content = envelope(data, study=work.study, time=at or work.now)
    work.execute(
        _ADD, study=work.study, stream=stream, type=data.type, envelope=json.dumps(content)
    )
