"""Events leave through the outbox, written in the transaction of what they tell.

The version of an event counts the events of its stream (one subject of one service). The head
row's lock makes the order of versions the order of commits.
"""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import text

from shared.contracts.envelope import EventData, envelope
from shared.database.unit_of_work import UnitOfWork

_NEXT = text("""
    INSERT INTO platform.stream_head AS head (stream, version) VALUES (:stream, 1)
    ON CONFLICT (stream) DO UPDATE SET version = head.version + 1
    RETURNING version, gen_random_uuid() AS event_id
""")
_ADD = text("""
    INSERT INTO platform.outbox (event_id, study_id, stream, version, type, envelope)
    VALUES (:event_id, :study, :stream, :version, :type, CAST(:envelope AS jsonb))
""")


def publish(work: UnitOfWork, data: EventData, *, at: datetime | None = None) -> None:
    """Record an event. ``at`` is when it happened, where that is not the transaction's instant."""
    stream = f"{data.source}/{work.study}/{data.about()}"
    head = work.execute(_NEXT, stream=stream).one()
    content: dict[str, Any] = envelope(
        data, study=work.study, event_id=head.event_id, version=head.version, time=at or work.now
    )
    work.execute(
        _ADD,
        event_id=head.event_id,
        study=work.study,
        stream=stream,
        version=head.version,
        type=data.type,
        envelope=json.dumps(content),
    )
