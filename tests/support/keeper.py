"""Empties a database for the next test, and fills it with what an earlier test began with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.support.kept import Kept

MIGRATED = "platform.alembic_version"  # nobody but a migration writes it
_RELATIONS = """
    SELECT oid::regclass::text FROM pg_class
    WHERE relkind = %s AND oid >= 16384 AND relnamespace::regnamespace::text !~ '^pg_'
    ORDER BY oid
"""
# Any change of the schema writes a catalogue row anew, with the number of its transaction.
_WRITTEN_IN = """
    SELECT '{0}' AS of, count(*), sum(xmin::text::bigint) FROM {0} WHERE {1}
"""
_CATALOGUE = {
    "pg_class": "oid >= 16384 AND relpersistence <> 't'",
    "pg_attribute": "attrelid >= 16384",
    "pg_namespace": "nspname !~ '^pg_(toast_)?temp_'",
    "pg_database": "datname = current_database()",
    "pg_db_role_setting": "setdatabase = (SELECT oid FROM pg_database"
    " WHERE datname = current_database())",
    MIGRATED: "true",
} | dict.fromkeys(
    (
        "pg_attrdef", "pg_cast", "pg_constraint", "pg_default_acl", "pg_event_trigger",
        "pg_extension", "pg_index", "pg_policy", "pg_proc", "pg_rewrite", "pg_sequence",
        "pg_trigger",
    ),
    "true",
)  # fmt: skip
# A definition is long, and the default way to pack it takes longer than all else of a restoring.
_QUICK = """
    SELECT set_config(name, 'lz4', false) FROM pg_settings
    WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)
"""
_SESSIONS = """
    SELECT count(*) FILTER (WHERE usename LIKE 'induct%%'),
           count(*) FILTER (WHERE state <> 'idle')
    FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
      AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True)
class Image:
    """All rows of a database, table by table, and where its sequences are."""

    rows: Mapping[str, bytes]
    sequences: Mapping[str, tuple[int, bool]]


class Keeper:
    """Looks after one database with a superuser's session that no trigger hears."""

    def __init__(self, session: psycopg.Connection) -> None:
        self._session = session
        session.prepare_threshold = 0
        session.execute("SET session_replication_role = replica")
        session.execute("SET lock_timeout = '2s'")
        session.execute(_QUICK)
        self._tables = [t for t in self._relations("r") if t != MIGRATED]
        self._sequences = self._relations("S")
        self._states = " UNION ALL ".join(
            f"SELECT '{s}', last_value, is_called FROM {s}" for s in self._sequences
        )
        deletes = ", ".join(f"d{n} AS (DELETE FROM {t})" for n, t in enumerate(self._tables))
        self._empty = f"WITH {deletes} SELECT"
        filled = (f"CASE WHEN EXISTS (SELECT FROM {t}) THEN '{t}' END" for t in self._tables)
        self._filled = f"SELECT array_remove(ARRAY[{', '.join(filled)}], NULL)"
        self._shape_query = " UNION ALL ".join(
            _WRITTEN_IN.format(table, those) for table, those in _CATALOGUE.items()
        )
        self._begun = self.image()
        self._shape = self._rows(self._shape_query)

    def empty(self, kept: Kept) -> bool:
        """Make the database as it was when it was new. False where that cannot be promised: its
        schema was changed, a session is still at work, or a kept one was ended."""
        idle = kept.idle_sessions()
        try:
            if self._rows(self._shape_query) != self._shape:
                return False
            sessions, busy = self._rows(_SESSIONS)[0]
            if idle is None or sessions < idle or busy:
                return False
            self._session.execute(self._empty.encode())
            with self._session.cursor() as cursor:
                for table, rows in self._begun.rows.items():  # what migrations left in a new one
                    _copy_in(cursor, table, rows)
            self._wind_back(self._begun)
        except psycopg.Error:
            return False
        return True

    def image(self) -> Image:
        """What is in the database."""
        rows = {table: self._copy_out(table) for table in self._names_of_filled()}
        states = self._rows(self._states) if self._sequences else []
        return Image(rows, {name: (value, called) for name, value, called in states})

    def change(self, before: Image, after: Image) -> None:
        """Make of a database that holds one image another."""
        with self._session.transaction(), self._session.cursor() as cursor:
            for table in before.rows.keys() | after.rows.keys():
                rows = after.rows.get(table)
                if rows == before.rows.get(table):
                    continue
                if table in before.rows:
                    cursor.execute(f"DELETE FROM {table}".encode())
                if rows is not None:
                    _copy_in(cursor, table, rows)
        self._wind_back(after)

    def close(self) -> None:
        self._session.close()

    def _wind_back(self, image: Image) -> None:
        calls = (f"setval('{name}', {v}, {c})" for name, (v, c) in image.sequences.items())
        self._rows("SELECT " + ", ".join(calls))

    def _copy_out(self, table: str) -> bytes:
        query = f"COPY {table} TO STDOUT (FORMAT binary)"
        with self._session.cursor() as cursor, cursor.copy(query.encode()) as copy:
            return b"".join(copy)

    def _names_of_filled(self) -> list[str]:
        names: list[str] = self._rows(self._filled)[0][0]
        return names

    def _relations(self, kind: str) -> list[str]:
        return [row[0] for row in self._session.execute(_RELATIONS, (kind,)).fetchall()]

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._session.execute(query.encode()).fetchall()


def _copy_in(cursor: psycopg.Cursor[Any], table: str, rows: bytes) -> None:
    with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)".encode()) as copy:
        copy.write(rows)
