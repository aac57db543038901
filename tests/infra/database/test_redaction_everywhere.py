"""Words are found in every column of every table, and marked out in every one that is to be marked.

The services write to few of these columns in any one test. Here each table has a row that nobody
wrote, in a database of its own without the rules that would refuse such rows.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from infra.database.redaction_stock import stock
from tests.infra.database.redaction_world import NAME, STUDY
from tests.support.database import TestDatabase, TestServer

SUBJECT = "S01-001"
# Found by these, so that they hold what they always hold.
KEYS = frozenset({"study_id", "site_id", "subject_id"})
WORDY = ("text", "character varying(32)", "jsonb", "bytea", "text[]")
PLAIN = {
    "integer": "1", "bigint": "1", "smallint": "1", "double precision": "1", "boolean": "true",
    "timestamp with time zone": "now()", "date": "current_date", "uuid": "gen_random_uuid()",
    "uuid[]": "'{}'", "cidr[]": "'{}'", "inet": "'::1'", "name": "'n'",
    "xid8": "pg_current_xact_id()",
}  # fmt: skip
HELD = {
    "text": "{}", "character varying(32)": "substr({}, 1, 32)", "jsonb": "jsonb_build_array({})",
    "bytea": "convert_to({}, 'UTF8')", "text[]": "ARRAY[{}]",
}  # fmt: skip
COLUMNS = """
    SELECT c.oid::regclass::text, a.attname::text, format_type(a.atttypid, a.atttypmod),
           EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary
                   AND a.attnum = ANY (i.indkey))
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        AND NOT a.attisdropped AND a.attidentity <> 'a' AND a.attgenerated = ''
    WHERE c.relkind = 'r' AND c.oid::regclass::text <> 'platform.alembic_version'
      AND c.relnamespace::regnamespace::text
          IN ('platform', 'randomization', 'assessments', 'safety', 'analytics')
    ORDER BY 1, a.attnum
"""
CHECKS = """
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
    FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0
      AND connamespace::regnamespace::text
          IN ('platform', 'randomization', 'assessments', 'safety', 'analytics')
"""
# The entry whose new value the words are, whole and with a salt, as the trail has it.
ENTRY = """
    UPDATE platform.audit SET stream = 's', seq = 1, new_value = %(words)s, salt = 'salt',
        values_hash = sha256('salt' || convert_to(
            platform.netstring(old_value, %(words)s), 'UTF8'))
"""
APPROVED = """
    INSERT INTO platform.redaction (study_id, number, subject_id, stream, seq, side, starts, length,
        category, justification, places, sha256, requested_by, requested_role, requested_at)
    SELECT %(study)s, 7, %(subject)s, 's', 1, 'new_value', 0, length(%(words)s), 'c', 'j',
        jsonb_agg(jsonb_build_object('table', table_name, 'column', column_name, 'key', row_key)),
        '', 'first', 'r', now()
    FROM platform.redaction_places(%(study)s, 's', 1, 'new_value', NULL, 0, length(%(words)s));
"""
DECIDED = """
    INSERT INTO platform.redaction_decision (study_id, number, requested_by, decision, reason,
        decided_by, decided_role, decided_at)
    VALUES (%(study)s, 7, 'first', 'approved', 'r', 'second', 'r', now())
"""
SIGNED = """
    INSERT INTO platform.signature (study_id, signed_table, signed_key, meaning, signer,
        signer_name, signer_role, authenticated_at, signed_at, content_hash, token_id, request_id)
    VALUES (%(study)s, 'platform.redaction', '7', 'redaction-approved', 'second', 'n', 'r', now(),
        now(), 'h', 't', 'r')
"""
SEARCH = """
    SELECT table_name, column_name
    FROM platform.redaction_places(%s, 's', 1, 'new_value', NULL, 0, length(%s))
"""
MARK = "[redacted 7]"
Place = tuple[str, str]


@pytest.fixture
def lawless(server: TestServer) -> Iterator[TestDatabase]:
    """A database of this test, in which any row may stand."""
    made = server.create()
    with made.admin() as admin:
        for (drop,) in admin.execute(CHECKS).fetchall():
            admin.execute(str(drop).encode())
    yield made
    server.drop(made)


def fill(database: TestDatabase, only: frozenset[Place] | None) -> set[Place]:
    """Put a row into every table, with the words in every column that can hold them and is no key,
    or in those of ``only``; where they were put."""
    tables: dict[str, list[Any]] = {}
    for table, *column in database.rows(COLUMNS):
        tables.setdefault(str(table), []).append(column)
    put: set[Place] = set()
    with database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        for table, columns in tables.items():
            values = []
            for name, kind, is_key in columns:
                held = kind in WORDY and not is_key and name not in KEYS
                held = held and (only is None or (table, name) in only)
                told = {"study_id": STUDY, "subject_id": SUBJECT}.get(name, "k")
                text = psycopg.sql.Literal(f"({NAME})" if held else told).as_string(admin)
                values.append(HELD[kind].format(text) if kind in HELD else PLAIN[kind])
                put |= {(table, name)} if held else set()
            names = ", ".join(f'"{name}"' for name, *_ in columns)
            into = f"INSERT INTO {table} ({names}) VALUES ({', '.join(values)})"
            admin.execute(into.encode())
        admin.execute(ENTRY, {"words": NAME})
    return put


def operator(database: TestDatabase) -> psycopg.Connection[Any]:
    connection = psycopg.connect(database.url("induct_platform"), autocommit=True)
    for name, value in (("study", STUDY), ("actor", "x"), ("role", "x"), ("request", "x")):
        connection.execute(f"SELECT set_config('app.{name}', %s, false)".encode(), (value,))
    return connection


@pytest.mark.proves("C09", kind="oracle")
def test_the_search_sees_every_column(lawless: TestDatabase) -> None:
    """Those too that policies close to whoever asks; and the asker is afterwards who they were."""
    # The entry itself has a salt and a hash that fit it.
    put = fill(lawless, None) - {("platform.audit", "salt"), ("platform.audit", "values_hash")}
    with operator(lawless) as connection:
        places = connection.execute(SEARCH, (STUDY, NAME)).fetchall()
        assert connection.execute("SHOW app.role").fetchone() == ("x",)
    found = {(str(table), str(column)) for table, column in places}
    assert found == {place for place in put if place[0] not in stock().unsearched}
    assert len(found) > 350


@pytest.mark.proves("C09", kind="oracle")
def test_every_column_of_the_stock_is_marked(lawless: TestDatabase) -> None:
    marked = frozenset((t, c) for t, columns in stock().marked.items() for c in columns)
    assert fill(lawless, marked) == marked
    with lawless.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        for table in ("redaction", "redaction_decision", "redacted_entry", "signature"):
            admin.execute(f"DELETE FROM platform.{table}".encode())
        words = {"study": STUDY, "subject": SUBJECT, "words": NAME}
        for statement in (APPROVED, DECIDED, SIGNED):
            admin.execute(statement, words)
    with operator(lawless) as connection:
        connection.execute("SELECT platform.redact(%s, 7)", (STUDY,))
    mark = (MARK, MARK.encode().hex())
    for table, column in sorted(marked):
        texts = [str(text) for (text,) in lawless.rows(f'SELECT "{column}"::text FROM {table}')]
        assert any(word in text for word in mark for text in texts), (table, column)
        assert not any("Johanka" in text for text in texts)
