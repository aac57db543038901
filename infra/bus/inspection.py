"""Looking at the events of a deployment, and sending dead letters on their way again."""

from typing import Any

from sqlalchemy import Engine, text

_OUTBOX = text("""
    SELECT state, count(*) AS events,
           coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0) AS oldest_seconds
    FROM platform.outbox GROUP BY state ORDER BY state
""")
_QUEUES = text("""
    SELECT consumer, state, count(*) AS events FROM platform.delivery
    GROUP BY consumer, state ORDER BY consumer, state
""")
_DEAD = text("""
    SELECT consumer, event_id, envelope ->> 'detail-type' AS type,
           envelope #>> '{detail,subject}' AS subject, attempts, last_error, settled_at
    FROM platform.delivery WHERE state = 'dead'
    ORDER BY settled_at, created_at LIMIT :limit
""")
_REDRIVE = text("""
    UPDATE platform.delivery
    SET state = 'pending', attempts = 0, visible_at = clock_timestamp(), settled_at = NULL
    WHERE state = 'dead' AND (CAST(:event AS uuid) IS NULL OR event_id = CAST(:event AS uuid))
      AND (CAST(:consumer AS text) IS NULL OR consumer = :consumer)
    RETURNING event_id
""")


def outbox(engine: Engine) -> list[Any]:
    """Events by state: how many, and the age in seconds of the oldest."""
    with engine.connect() as connection:
        return list(connection.execute(_OUTBOX).all())


def queues(engine: Engine) -> list[Any]:
    """Deliveries by consumer and state."""
    with engine.connect() as connection:
        return list(connection.execute(_QUEUES).all())


def dead_letters(engine: Engine, limit: int = 200) -> list[Any]:
    """Deliveries that were given up, oldest first, with the cause of the last failure."""
    with engine.connect() as connection:
        return list(connection.execute(_DEAD, {"limit": limit}).all())


def redrive(engine: Engine, *, event: str | None = None, consumer: str | None = None) -> int:
    """Send dead letters again: one event, one consumer's, or all. Answers how many."""
    with engine.begin() as connection:
        rows = connection.execute(_REDRIVE, {"event": event, "consumer": consumer}).all()
    return len(rows)
