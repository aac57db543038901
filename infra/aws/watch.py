"""The minutely watch over the deployment: gauges for alarms, one line a minute.

A line that does not come is an alarm as well: it is the heartbeat.
"""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, text

from shared.database.engine import blocking_engine
from shared.http.logs import log

_engines: list[Engine] = []
# Two clocks are compared by the middle of the question: the way there and back is not their fault.
_SEEN = text("""
    SELECT clock_timestamp() AS now,
           coalesce((SELECT extract(epoch FROM clock_timestamp() - min(created_at))
                     FROM platform.outbox WHERE state = 'pending'), 0) AS outbox_seconds,
           (SELECT count(*) FROM platform.outbox WHERE state = 'pending') AS outbox_waiting,
           (SELECT count(*) FROM platform.delivery WHERE state = 'dead') AS dead_letters,
           current_setting('synchronous_commit') IN ('on', 'remote_apply')
               AND current_setting('fsync') = 'on'
               AND current_setting('full_page_writes') = 'on' AS durable,
           (SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
            WHERE NOT t.tgisinternal AND t.tgenabled NOT IN ('O', 'A')
              AND c.relnamespace::regnamespace::text IN
                  ('platform', 'randomization', 'assessments', 'safety', 'analytics'))
           + (SELECT count(*) FROM platform.guard_event
              WHERE happened_at > clock_timestamp() - interval '10 minutes'
                AND who <> 'induct_migrator') AS guards_touched
""")


def handler(_event: Mapping[str, Any], _context: Any) -> dict[str, float]:
    """Read the gauges, write them as one line, and answer them."""
    if not _engines:
        url = os.environ["INDUCT_PLATFORM_DATABASE_URL"]
        _engines.append(blocking_engine(url, pool_size=1))
    found = gauges(_engines[0])
    log("gauges", service="platform", gauges=found)
    return found


def gauges(engine: Engine) -> dict[str, float]:
    """Age of the oldest event that waits (s), how many wait, dead letters of a deployment without
    SQS, how far this machine's clock is from the database's (s), 1 where the database may lose what
    it acknowledges, and how many guards of tables are off or were touched by another than a
    migration in the last ten minutes."""
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))  # connecting is not part of the comparison
        before = datetime.now(UTC)
        row = connection.execute(_SEEN).one()
        middle = before + (datetime.now(UTC) - before) / 2
    return {
        "outbox_seconds": round(float(row.outbox_seconds), 1),
        "outbox_waiting": row.outbox_waiting,
        "dead_letters": row.dead_letters,
        "clock_skew_seconds": round(abs((row.now - middle).total_seconds()), 3),
        "not_durable": 0 if row.durable else 1,
        "guards_touched": row.guards_touched,
    }
