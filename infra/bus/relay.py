"""The relay: takes events from the outbox to the bus, each at least once.

It claims rows by a short lease and holds no row lock while it speaks to the bus. It marks rows one
by one and keeps no "last position": the order of ids is not the order of commits, so a cursor
would skip the event of a slow transaction.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, text

from infra.bus.port import Entry, EventBus
from shared import faults
from shared.http.logs import log

BATCH = 100
# The choice of rows is a query of its own: as a subquery in the UPDATE it could be planned to run
# once a row, and each run would pass over what the one before has claimed.
_CLAIM = text("""
    WITH due AS MATERIALIZED (
        SELECT event_id FROM platform.outbox
        WHERE state = 'pending' AND (leased_until IS NULL OR leased_until < clock_timestamp())
        ORDER BY created_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    UPDATE platform.outbox o
    SET leased_until = clock_timestamp() + interval '30 seconds', attempts = attempts + 1
    FROM due WHERE o.event_id = due.event_id
    RETURNING o.event_id, o.envelope, o.created_at
""")
_PUBLISHED = text("""
    UPDATE platform.outbox SET state = 'published', published_at = clock_timestamp(),
                               leased_until = NULL, last_error = NULL
    WHERE event_id = ANY (CAST(:ids AS uuid[]))
""")
# Waiting doubles with each failure, up to five minutes.
_FAILED = text("""
    UPDATE platform.outbox
    SET last_error = :error,
        leased_until = clock_timestamp() + least(300, 2 ^ least(attempts, 10)) * interval '1 second'
    WHERE event_id = CAST(:id AS uuid) AND state = 'pending'
""")


def relay_once(engine: Engine, bus: EventBus, limit: int = BATCH) -> int:
    """Publish up to ``limit`` events; answer how many rows were claimed."""
    with engine.begin() as connection:
        rows = connection.execute(_CLAIM, {"limit": limit}).all()
    if not rows:
        return 0
    entries = [Entry.of(row.envelope) for row in sorted(rows, key=lambda row: row.created_at)]
    failures = _publish(bus, entries)
    faults.point("event published, not marked")
    with engine.begin() as connection:
        done = [entry.event_id for entry in entries if entry.event_id not in failures]
        connection.execute(_PUBLISHED, {"ids": done})
        for event_id, error in failures.items():
            connection.execute(_FAILED, {"id": event_id, "error": error[:200]})
    if failures:
        log("events not taken", level="error", count=len(failures), error=min(failures.values()))
    return len(rows)


def _publish(bus: EventBus, entries: list[Entry]) -> Mapping[str, str]:
    try:
        return bus.publish(entries)
    except Exception as error:  # whatever the bus does, the events stay in the outbox
        return {entry.event_id: type(error).__name__ for entry in entries}


def oldest_pending_seconds(engine: Engine) -> float:
    """Age of the oldest event not yet published; 0 where there is none."""
    query = text("""
        SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)
        FROM platform.outbox WHERE state = 'pending'
    """)
    with engine.connect() as connection:
        found: Any = connection.execute(query).scalar_one()
    return float(found)
