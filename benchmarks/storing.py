"""What Postgres can store at most: COPY of the rows that posts left, bare and with their trail.

Bare is a table of the same shape with the same key, and nothing else. With their trail is the very
tables: their keys and foreign keys, and the audit row that a trigger writes for each value. What an
Induct without any Python could reach lies below the second.
"""

import time
from dataclasses import dataclass

import psycopg

from benchmarks.stack import Stack
from infra.local.home import DATABASE

_BARE = """
    CREATE TABLE bare_item AS SELECT * FROM assessments.item_version WITH NO DATA;
    ALTER TABLE bare_item ADD PRIMARY KEY (record_id, item, version);
"""
# Every post is one transaction with one who, one why and one number; here all of them are.
_SIGNED = """
    SELECT set_config('app.actor', 'benchmark', true), set_config('app.role', 'edc', true),
           set_config('app.study', %(study)s, true), set_config('app.reason', 'Rave', true),
           set_config('app.request', 'benchmark', true)
"""
# In the order in which they refer to each other.
_TABLES = ("record", "record_version", "item_version")
# The same rows again, as other records of the same children.
_AGAIN = """
    COPY (SELECT (jsonb_populate_record(t, jsonb_build_object(
                     'record_id', md5(t.record_id || 'again')::uuid){repeat})).*
          FROM assessments.{table} t JOIN assessments.record r USING (record_id)
          WHERE t.study_id = '{study}' AND r.visit = '{visit}'
            {first} AND t.subject_id BETWEEN '{least}' AND '{most}') TO STDOUT
"""


@dataclass(frozen=True)
class Stored:
    """Values a second by COPY: ``bare`` and ``kept``, with keys, foreign keys and trail."""

    bare: float
    kept: float


def measure(stack: Stack, study: str, visit: str, subjects: tuple[str, str]) -> Stored:
    """COPY the records that the first to the last of ``subjects`` have at this visit."""
    with psycopg.connect(stack.cluster.superuser_url(DATABASE), autocommit=True) as admin:
        rows = {table: _rows(admin, table, study, visit, subjects) for table in _TABLES}
        values = rows["item_version"].count(b"\n")
        admin.execute(_BARE)
        bare = _seconds(admin, study, {"bare_item": rows["item_version"]})
        kept = _seconds(admin, study, {f"assessments.{name}": rows[name] for name in _TABLES})
        admin.execute("DROP TABLE bare_item")
    return Stored(values / bare, values / kept)


def _rows(
    admin: "psycopg.Connection[tuple[object, ...]]",
    table: str,
    study: str,
    visit: str,
    subjects: tuple[str, str],
) -> bytes:
    """The rows as COPY reads them. Those of corrections are left out: posts made first versions."""
    repeat = " || jsonb_build_object('repeat', t.repeat + 1000)" if table == "record" else ""
    first = "" if table == "record" else "AND t.version = 1"
    query = _AGAIN.format(
        table=table, repeat=repeat, first=first, study=study, visit=visit,
        least=subjects[0], most=subjects[1],
    )  # fmt: skip
    with admin.cursor().copy(query.encode()) as copy:
        return b"".join(bytes(part) for part in copy)


def _seconds(
    admin: "psycopg.Connection[tuple[object, ...]]", study: str, rows: dict[str, bytes]
) -> float:
    begun = time.perf_counter()
    with admin.transaction():
        admin.execute(_SIGNED, {"study": study})
        for table, content in rows.items():
            with admin.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                copy.write(content)
    return time.perf_counter() - begun
