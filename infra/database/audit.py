"""Verifies the audit trail: recomputes every hash outside the database that holds it."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

_ROWS = """
    SELECT stream, seq, study_id, site_id, subject_id, table_name, row_key, field, operation,
           old_value, new_value, salt, values_hash, actor, actor_role, reason, request_id,
           recorded_at, hash
    FROM platform.audit ORDER BY stream COLLATE "C", seq
"""
_HEADS = 'SELECT stream, seq, hash FROM platform.audit_head ORDER BY stream COLLATE "C"'
_FETCH = 5_000


@dataclass(frozen=True)
class Fault:
    """The first row of a stream that does not follow from the one before it."""

    stream: str
    seq: int
    what: str

    def __str__(self) -> str:
        return f"{self.stream}, row {self.seq}: {self.what}"


@dataclass(frozen=True)
class Report:
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
