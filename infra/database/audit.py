"""Verifies the audit trail, and every audited table against it, from outside the database."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from infra.database.audit_chain import Fault, Report, verify_rows
from infra.database.audit_redacted import approved_redactions
from infra.database.audit_witness import NOTHING_NOTED, Noted

__all__ = ["ITEMS", "Fault", "Report", "altered_rows", "verify_rows", "verify_trail"]

_ROWS = """
    SELECT stream, seq, study_id, site_id, subject_id, table_name, row_key, field, operation,
           old_value, new_value, salt, values_hash, actor, actor_role, reason, request_id,
           recorded_at, hash
    FROM platform.audit WHERE stream = ANY (%(streams)s::text[]) OR %(streams)s::text[] IS NULL
    ORDER BY stream COLLATE "C", seq
"""
_HEADS = """
    SELECT stream, seq, hash FROM platform.audit_head
    WHERE stream = ANY (%(streams)s::text[]) OR %(streams)s::text[] IS NULL
    ORDER BY stream COLLATE "C"
"""
_FETCH = 5_000
# A login's own limit is for requests; the proof takes as long as it takes. It is nobody's role: of
# the closed tables it reads what the trail tells, and no result.
_AS_SYSTEM = """
    SELECT set_config('statement_timeout', '15min', false), set_config('app.role', 'system', false)
"""
# The audited tables, with what their triggers say and the columns that may be read here: what was
# kept out of the trail may not. A trigger without arguments tells its rows in a way of its own.
_TABLES = """
    SELECT n.nspname || '.' || c.relname AS name, t.tgargs AS arguments,
           t.tgtype & 1 = 0 AS by_statement, t.tgtype & 4 > 0 AS entered,
           (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
              AND has_column_privilege(c.oid, a.attnum, 'SELECT')) AS columns,
           (SELECT coalesce(jsonb_object_agg(a.attname, to_jsonb(a.attmissingval) -> 0), '{}')
            FROM pg_attribute a WHERE a.attrelid = c.oid AND a.atthasmissing)::text AS since_added
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE t.tgname = 'audit' AND t.tgnargs > 0 ORDER BY 1
"""
_TOLD_OF = "SELECT DISTINCT table_name FROM platform.audit"
# These every row of the trail has of its own; a trigger that works by statement leaves them out.
OWN = frozenset(
    {"study_id", "site_id", "subject_id", "actor", "actor_role", "record_id", "version"}
)
# A table whose trigger works by statement tells an added row as one, as JSON (field '*'). It leaves
# out the columns that every row of the trail has of its own: there these are what the trail tells,
# and whatever is null, inside a value too. A row is what was told of each of its fields last.
_ALTERED = """
    WITH stored AS (
        SELECT t.study_id, k.key AS row_key, f.key AS field, f.value
        FROM (SELECT {columns} FROM {table}) t
        CROSS JOIN LATERAL (
            SELECT string_agg(to_jsonb(t) ->> c, '/' ORDER BY n) AS key
            FROM unnest(%(keys)s::text[]) WITH ORDINALITY AS k (c, n)) AS k
        CROSS JOIN LATERAL jsonb_each_text(CASE WHEN %(as_one)s
            THEN jsonb_strip_nulls(to_jsonb(t)) ELSE to_jsonb(t) END) AS f
        WHERE f.value IS NOT NULL AND f.key <> ALL (%(untold)s)),
    fields AS (
        SELECT a.stream, a.seq, a.study_id, a.row_key, f.field, f.value
        FROM platform.audit a CROSS JOIN LATERAL (
            SELECT a.field, a.new_value AS value WHERE a.field <> '*'
            UNION ALL SELECT r.key, r.value FROM jsonb_each_text(
                CASE WHEN a.field = '*' THEN CAST(a.new_value AS jsonb) END) AS r
            UNION ALL SELECT o.field, o.value FROM (VALUES
                ('study_id', a.study_id), ('site_id', a.site_id), ('subject_id', a.subject_id),
                ('actor', a.actor), ('actor_role', a.actor_role),
                ('record_id', split_part(a.row_key, '/', 1)),
                ('version', split_part(a.row_key, '/', 2))) AS o (field, value)
            WHERE a.field = '*' AND o.field = ANY (%(own)s)) AS f (field, value)
        WHERE a.table_name = %(table)s),
    told AS (
        SELECT DISTINCT ON (study_id, row_key, field)
               stream, seq, study_id, row_key, field, value
        FROM fields ORDER BY study_id, row_key, field, seq DESC)
    SELECT told.stream, told.seq, study_id, row_key, field, told.value AS told,
           stored.value AS stored
    FROM told FULL JOIN stored USING (study_id, row_key, field)
    WHERE told.value IS DISTINCT FROM stored.value
      AND (told.seq IS NOT NULL OR (%(entered)s
          AND CAST(%(since_added)s AS jsonb) ->> field IS DISTINCT FROM stored.value))
    ORDER BY study_id COLLATE "C", row_key COLLATE "C", field COLLATE "C"
"""

# Items are told as a person reads them, with the item as the field.
ITEMS = "assessments.item"
_ALTERED_ITEMS = """
    WITH stored AS (
        SELECT i.study_id, i.record_id || '/' || i.version AS row_key, i.item AS field,
               assessments.item_text(i) AS value, true AS there
        FROM assessments.item_version i),
    told AS (
        SELECT stream, seq, study_id, row_key, field, new_value AS value
        FROM platform.audit WHERE table_name = 'assessments.item')
    SELECT told.stream, told.seq, study_id, row_key, field, told.value AS told,
           stored.value AS stored
    FROM told FULL JOIN stored USING (study_id, row_key, field)
    WHERE told.value IS DISTINCT FROM stored.value OR there IS NULL OR told.seq IS NULL
    ORDER BY study_id COLLATE "C", row_key COLLATE "C", field COLLATE "C"
"""


def verify_trail(url: str, noted: Noted = NOTHING_NOTED) -> Report:
    """Verify all streams from one snapshot; ``url`` is a login that may read the trail.

    ``noted``: what earlier nights wrote down outside the database; the trail must go on from there.
    """
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute(_AS_SYSTEM)
        return _verify(connection, None, noted)


def verify_streams(connection: psycopg.Connection[Any], streams: Collection[str]) -> Report:
    """Verify some streams as the open transaction of ``connection`` sees them."""
    return _verify(connection, streams, NOTHING_NOTED)


def _verify(
    connection: psycopg.Connection[Any], streams: Collection[str] | None, noted: Noted
) -> Report:
    asked = {"streams": None if streams is None else list(streams)}
    heads = {row["stream"]: row for row in _read(connection, _HEADS, asked)}
    redacted = approved_redactions(connection)
    with connection.cursor(name="trail", row_factory=dict_row) as cursor:
        cursor.itersize = _FETCH
        cursor.execute(_ROWS, asked)
        return verify_rows(cursor, heads, noted, redacted)


def altered_rows(url: str) -> list[Fault]:
    """Rows of audited tables that are not as the trail tells, each once.

    A whole trail shows that nobody rewrote the trail; this shows that nobody rewrote a table beside
    it, whatever its trigger was while that was done. A redaction marks row and trail alike.
    """
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute(_AS_SYSTEM)
        return altered_in(connection)


def altered_in(
    connection: psycopg.Connection[Any], only: Collection[str] | None = None
) -> list[Fault]:
    """As ``altered_rows``, in an open transaction; ``only`` of tables as the trail names them."""
    faults: dict[tuple[str, str, str], Fault] = {}
    tables = [t for t in _read(connection, _TABLES) if only is None or t["name"] in only]
    for table in _with_rows(connection, tables):
        name = table["name"]
        for row in _read(connection, _query(table), _parameters(table)):
            if not _same_instant(row["told"], row["stored"]):
                place = (name, row["study_id"], row["row_key"])
                faults.setdefault(place, _altered(name, row))
    if only is None or ITEMS in only:
        for row in _read(connection, _ALTERED_ITEMS):
            place = (ITEMS, row["study_id"], f"{row['row_key']}/{row['field']}")
            faults[place] = _altered(ITEMS, row)
    return list(faults.values())


def _read(
    connection: psycopg.Connection[Any],
    query: LiteralString | sql.Composed,
    parameters: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, parameters).fetchall()


def _with_rows(
    connection: psycopg.Connection[Any], tables: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Those that have a row, or had one by the trail: of the others there is nothing to compare."""
    if not tables:
        return []
    told = {row["table_name"] for row in _read(connection, _TOLD_OF)}
    asked = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {} AS name WHERE EXISTS (SELECT FROM {})").format(
            sql.Literal(table["name"]), sql.SQL(table["name"])
        )
        for table in tables
    )
    told |= {row["name"] for row in _read(connection, asked)}
    return [table for table in tables if table["name"] in told]


def _query(table: Mapping[str, Any]) -> sql.Composed:
    return sql.SQL(_ALTERED).format(
        table=sql.SQL(table["name"]),
        columns=sql.SQL(", ").join(map(sql.Identifier, table["columns"])),
    )


def _parameters(table: Mapping[str, Any]) -> dict[str, Any]:
    """``untold``: columns whose values stand nowhere in the trail; ``own``: those that it tells as
    its own; ``entered``: whether it tells of new rows (of a list's slots it tells their use);
    ``since_added``: what rows have in columns that were added after them."""
    keys, silent = (part.split(",") for part in bytes(table["arguments"]).decode().split("\0")[:2])
    own = OWN.intersection(silent) if table["by_statement"] else frozenset()
    return {
        "table": table["name"],
        "keys": keys,
        "own": sorted(own),
        "entered": table["entered"],
        "as_one": table["by_statement"],
        "since_added": table["since_added"],
        "untold": sorted(set(silent) - own),
    }


def _altered(table: str, row: dict[str, Any]) -> Fault:
    what = f"{table} {row['row_key']}, {row['field']}: the row is not as it was entered"
    if row["seq"] is None:
        what = f"{table} {row['row_key']}, {row['field']}: nobody entered it"
    return Fault(row["stream"] or row["study_id"], row["seq"] or 0, what)


def _same_instant(told: str | None, stored: str | None) -> bool:
    """Whether two texts are one instant, spelled in the time zones of two sessions."""
    try:
        first, second = datetime.fromisoformat(told or ""), datetime.fromisoformat(stored or "")
    except ValueError:
        return False
    return first.tzinfo is not None and second.tzinfo is not None and first == second
