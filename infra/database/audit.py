"""Verifies the audit trail: recomputes every hash outside the database that holds it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

_ROWS = """
    SELECT stream, seq, study_id, site_id, subject_id, table_name, row_key, field, operation,
           old_value, new_value, salt, values_hash, actor, actor_role, reason, request_id,
           recorded_at, hash
    FROM platform.audit ORDER BY stream COLLATE "C", seq
"""
_HEADS = 'SELECT stream, seq, hash FROM platform.audit_head ORDER BY stream COLLATE "C"'
_FETCH = 5_000
# The tables whose rows never change, each with the columns of its key as its trigger names them.
APPEND_ONLY: Mapping[str, Sequence[str]] = {
    "randomization.allocation": ("allocation_id",),
    "randomization.void_slot": ("list_id", "label", "position"),
    "randomization.in_error": ("subject_id",),
    "randomization.corrected_stratum": ("subject_id", "version"),
    "assessments.record": ("record_id",),
    "assessments.record_version": ("record_id", "version"),
    "assessments.query_event": ("query_id", "number"),
    "assessments.deviation": ("deviation_id",),
    "assessments.flag_event": ("record_id", "number"),
}
# A table whose trigger works by statement tells an added row as one, as JSON (field '*'). It leaves
# out the columns that every row of the trail has of its own: there these are what the trail tells.
_ALTERED = """
    WITH stored AS (
        SELECT t.study_id, concat_ws('/', {key}) AS row_key, f.key AS field, f.value
        FROM {table} t, jsonb_each_text(to_jsonb(t)) f WHERE f.value IS NOT NULL),
    redacted AS (
        SELECT study_id, row_key FROM platform.audit
        WHERE table_name = %(table)s AND field = '*' AND salt IS NULL),
    fields AS (
        SELECT a.stream, a.seq, a.study_id, a.row_key, f.field, f.value, a.salt
        FROM platform.audit a CROSS JOIN LATERAL (
            SELECT a.field, a.new_value AS value WHERE a.field <> '*'
            UNION ALL SELECT r.key, r.value FROM jsonb_each_text(
                CASE WHEN a.field = '*' THEN CAST(a.new_value AS jsonb) END) AS r
            UNION ALL SELECT o.field, o.value FROM (VALUES
                ('study_id', a.study_id), ('site_id', a.site_id), ('subject_id', a.subject_id),
                ('actor', a.actor), ('actor_role', a.actor_role),
                ('record_id', split_part(a.row_key, '/', 1)),
                ('version', split_part(a.row_key, '/', 2))) AS o (field, value)
            WHERE o.field = ANY (%(silent)s)) AS f (field, value)
        WHERE a.table_name = %(table)s),
    told AS (
        SELECT DISTINCT ON (study_id, row_key, field)
               stream, seq, study_id, row_key, field, value, salt
        FROM fields ORDER BY study_id, row_key, field, seq DESC)
    SELECT told.stream, told.seq, study_id, row_key, field, told.value AS told,
           stored.value AS stored
    FROM told FULL JOIN stored USING (study_id, row_key, field)
    WHERE told.value IS DISTINCT FROM stored.value AND (told.seq IS NULL OR told.salt IS NOT NULL)
      AND (study_id, row_key) NOT IN (SELECT study_id, row_key FROM redacted)
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
        SELECT stream, seq, study_id, row_key, field, new_value AS value, salt
        FROM platform.audit WHERE table_name = 'assessments.item')
    SELECT told.stream, told.seq, study_id, row_key, field, told.value AS told,
           stored.value AS stored
    FROM told FULL JOIN stored USING (study_id, row_key, field)
    WHERE (told.value IS DISTINCT FROM stored.value OR there IS NULL OR told.seq IS NULL)
      AND (told.seq IS NULL OR told.salt IS NOT NULL)
    ORDER BY study_id COLLATE "C", row_key COLLATE "C", field COLLATE "C"
"""
_TRIGGER = """
    SELECT tgargs AS arguments, tgtype & 1 = 0 AS by_statement
    FROM pg_trigger WHERE tgrelid = CAST(%(table)s AS regclass) AND tgname = 'audit'
"""


@dataclass(frozen=True)
class Fault:
    """The first row of a stream that does not follow from the one before it, or a row of a table
    that is not as the trail tells: ``seq`` is then the entry that tells it, 0 where none does."""

    stream: str
    seq: int
    what: str

    def __str__(self) -> str:
        return f"{self.stream}, row {self.seq}: {self.what}"


@dataclass(frozen=True)
class Report:
    """``faults`` are those of the trail; see ``altered_rows`` for those of the tables."""

    rows: int
    streams: int
    faults: Sequence[Fault]


def verify_trail(url: str) -> Report:
    """Verify all streams from one snapshot; ``url`` is a login that may read the trail."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        heads = {row["stream"]: row for row in connection.execute(_HEADS)}
        with connection.cursor(name="trail") as cursor:
            cursor.itersize = _FETCH
            cursor.execute(_ROWS)
            return verify_rows(cursor, heads)


def altered_rows(url: str) -> list[Fault]:
    """Rows of append-only tables that are not as the trail tells, each once.

    A whole trail shows that nobody rewrote the trail; this shows that nobody rewrote the table
    beside it. Redacted values are passed over.
    """
    faults: dict[tuple[str, str, str], Fault] = {}
    with psycopg.connect(url, row_factory=dict_row) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        for table, key in APPEND_ONLY.items():
            query = sql.SQL(_ALTERED).format(
                table=sql.SQL(table), key=sql.SQL(", ").join(map(sql.Identifier, key))
            )
            silent = _silent(connection, table)
            for row in connection.execute(query, {"table": table, "silent": silent}):
                if not _same_instant(row["told"], row["stored"]):
                    place = (table, row["study_id"], row["row_key"])
                    faults.setdefault(place, _altered(table, row))
        for row in connection.execute(_ALTERED_ITEMS):
            place = (ITEMS, row["study_id"], f"{row['row_key']}/{row['field']}")
            faults[place] = _altered(ITEMS, row)
    return list(faults.values())


def _silent(connection: psycopg.Connection[dict[str, Any]], table: str) -> list[str]:
    """The columns that a trigger leaves to the trail's own; none where it works by row."""
    row = connection.execute(_TRIGGER, {"table": table}).fetchone()
    text = "" if row is None else bytes(row["arguments"]).decode()
    return text.split("\x00")[1].split(",") if row is not None and row["by_statement"] else []


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


def verify_rows(rows: Iterable[dict[str, Any]], heads: dict[str, Any]) -> Report:
    """Verify rows in order of stream and seq against the heads of the streams."""
    faults: dict[str, Fault] = {}
    last: dict[str, tuple[int, bytes]] = {}
    count = 0
    for row in rows:
        count += 1
        stream = row["stream"]
        seq, link = last.get(stream, (0, genesis(stream)))
        fault = _fault(row, seq, link)
        if fault is not None:
            faults.setdefault(stream, fault)
        last[stream] = (row["seq"], row["hash"])
    for stream in sorted(heads.keys() | last.keys()):
        found = last.get(stream, (0, genesis(stream)))
        head = heads.get(stream)
        if head is None or (head["seq"], head["hash"]) != found:
            faults.setdefault(stream, Fault(stream, found[0], "the stream ends elsewhere"))
    return Report(count, len(heads.keys() | last.keys()), list(faults.values()))


def _fault(row: dict[str, Any], seq: int, link: bytes) -> Fault | None:
    stream = row["stream"]
    if row["seq"] != seq + 1:
        return Fault(stream, seq + 1, f"missing; the next there is {row['seq']}")
    redacted = row["salt"] is None
    if not redacted and values_hash(row) != row["values_hash"]:
        return Fault(stream, row["seq"], f"the values of {row['table_name']}.{row['field']} differ")
    if link_hash(row, link) != row["hash"]:
        return Fault(stream, row["seq"], f"altered ({row['table_name']}.{row['field']})")
    return None


def genesis(stream: str) -> bytes:
    return hashlib.sha256(stream.encode()).digest()


def values_hash(row: dict[str, Any]) -> bytes:
    values = netstring((row["old_value"], row["new_value"]))
    return hashlib.sha256(bytes(row["salt"]) + values.encode()).digest()


def link_hash(row: dict[str, Any], before: bytes) -> bytes:
    """The hash of a row: over the hash before it and every column but the values' text."""
    parts = netstring((
        row["stream"], str(row["seq"]), row["study_id"], row["site_id"], row["subject_id"],
        row["table_name"], row["row_key"], row["field"], row["operation"], row["actor"],
        row["actor_role"], row["reason"], row["request_id"], _instant(row["recorded_at"]),
        bytes(row["values_hash"]).hex(),
    ))  # fmt: skip
    return hashlib.sha256(bytes(before) + parts.encode()).digest()


def netstring(parts: Sequence[str | None]) -> str:
    """Lengths in front of values, so that no two different rows spell the same text."""
    return ",".join("-" if p is None else f"{len(p.encode())}:{p}" for p in parts)


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
