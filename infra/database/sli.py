"""What shows whether a deployment keeps its promises, measured in its database."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

FILE = Path(__file__).with_name("slis.toml")
# Two clocks are compared by the middle of the question: the way there and back is not their fault.
_NOW = "SELECT clock_timestamp() AS now"
# A number that cannot be given (no list is in force, no night ever was) is null.
_MEASURED = """
    WITH due AS (
        SELECT extract(epoch FROM clock_timestamp() - began_at)
               / nullif(extract(epoch FROM due_at - began_at), 0) AS used
        FROM safety.obligation WHERE state IN ('open', 'handed_off') AND NOT simulated),
    strata AS (
        SELECT count(*) FILTER (WHERE s.subject_id IS NULL) * 100.0 / count(*) AS free
        FROM randomization.slot s JOIN randomization.list l USING (study_id, list_id)
        WHERE l.state = 'active' AND l.purpose = 'central' GROUP BY study_id, list_id, label),
    nights AS (
        SELECT max(r.finished_at) AS at FROM analytics.run r JOIN platform.study s USING (study_id)
        WHERE r.state = 'published' AND s.state = 'active' GROUP BY study_id)
    SELECT
        (SELECT extract(epoch FROM clock_timestamp() - min(created_at)) FROM platform.outbox
         WHERE state = 'pending') AS outbox_oldest,
        (SELECT extract(epoch FROM clock_timestamp() - min(created_at)) FROM platform.delivery
         WHERE state IN ('pending', 'leased')) AS deliveries_oldest,
        (SELECT count(*) FROM platform.delivery WHERE state = 'dead') AS dead_letters,
        (SELECT extract(epoch FROM clock_timestamp() - min(created_at)) FROM safety.webhook_message
         WHERE state = 'pending') AS webhooks_oldest,
        (SELECT count(*) FROM due WHERE used >= 0.5) AS due_half,
        (SELECT count(*) FROM due WHERE used >= 0.75) AS due_three_quarters,
        (SELECT count(*) FROM due WHERE used >= 0.9) AS due_nine_tenths,
        (SELECT count(*) FROM due WHERE used > 1) AS due_missed,
        (SELECT min(free) FROM strata) AS list_left,
        (SELECT extract(epoch FROM clock_timestamp() - min(at)) / 3600 FROM nights) AS night_age,
        (SELECT count(*) FROM platform.audit_review r WHERE NOT EXISTS (
            SELECT FROM platform.signature s WHERE s.study_id = r.study_id
            AND s.signed_table = 'platform.audit_review' AND s.signed_key = r.number::text))
            AS reviews_unsigned,
        (current_setting('synchronous_commit') NOT IN ('on', 'remote_apply'))::int
            + (current_setting('fsync') <> 'on')::int
            + (current_setting('full_page_writes') <> 'on')::int AS not_durable,
        (SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
         WHERE NOT t.tgisinternal AND t.tgenabled NOT IN ('O', 'A')
           AND c.relnamespace::regnamespace::text !~ '^(pg_|public$)')
        + (SELECT count(*) FROM platform.guard_event
           WHERE happened_at > clock_timestamp() - interval '1 day'
             AND who <> 'induct_migrator') AS guards_touched,
        (SELECT count(*) FROM platform.study s WHERE randomization.held(s.study_id)) AS studies_held
"""
# Ages of what does not wait are none, and none is as good as it gets.
_OLDEST = ("outbox_oldest", "deliveries_oldest", "webhooks_oldest")


@dataclass(frozen=True)
class Sli:
    """One number. ``value`` is None where there is nothing to measure yet; ``good`` is None where
    it has no limit, or no value."""

    id: str
    title: str
    unit: str
    value: float | None
    limit: str
    good: bool | None


def measure(url: str, proven_at: datetime | None) -> list[Sli]:
    """All of them, in their order. ``url`` is the platform's login; ``proven_at``: when the heads
    of the trail were noted last."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        connection.execute("SELECT 1")  # connecting is not part of the comparison
        before = datetime.now(UTC)
        row = connection.execute(_NOW).fetchone()
        middle = before + (datetime.now(UTC) - before) / 2
        found = connection.execute(_MEASURED.encode()).fetchone()
    if row is None or found is None:
        raise AssertionError("each of these answers one row")
    values = {name: None if v is None else float(v) for name, v in found.items()}
    values |= {name: values[name] or 0.0 for name in _OLDEST}
    values["clock_skew"] = abs((row["now"] - middle).total_seconds())
    age = None if proven_at is None else (row["now"] - proven_at).total_seconds() / 3600
    values["proof_age"] = age
    return judged(values, tomllib.loads(FILE.read_text(encoding="utf-8"))["sli"])


def judged(
    values: Mapping[str, float | None], told: Sequence[Mapping[str, str | float]]
) -> list[Sli]:
    """Hold values against the limits that are told."""
    return [_judged(each, values[str(each["id"])]) for each in told]


def _judged(told: Mapping[str, str | float], value: float | None) -> Sli:
    most, least = told.get("at_most"), told.get("at_least")
    unit = str(told["unit"])
    limit = f"at most {most}" if most is not None else f"at least {least}" if least else ""
    good = None
    if value is not None and limit:
        good = value <= float(most) if most is not None else value >= float(least or 0)
    rounded = None if value is None else round(value, 1 if unit != "" else 0)
    words = f"{limit} {unit}".strip()
    return Sli(str(told["id"]), str(told["title"]), unit, rounded, words, good)
