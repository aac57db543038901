"""Units of work of randomization, and another session to be in their way."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import text

from shared.clock import DatabaseClock
from shared.database.unit_of_work import Origin, UnitOfWork
from shared.identity.principal import Principal
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
LOGIN = "induct_randomization"
_SCREENED = text("INSERT INTO randomization.screening VALUES (:study, :subject, :site, now())")
_SEEN = text("SELECT subject_id FROM randomization.screening ORDER BY subject_id")


def origin(
    *sites: str, client: str = "client-1", role: str = "coordinator", study: str = STUDY
) -> Origin:
    principal = Principal(client, role, frozenset({study}), frozenset(sites or {"*"}), frozenset())
    return Origin(principal, study, str(uuid.uuid4()), DatabaseClock())


def screen(work: UnitOfWork, subject: str, site: str = "S01") -> None:
    """A change that everybody may make: a row that its site's people see."""
    work.execute(_SCREENED, study=work.study, subject=subject, site=site)


def seen(work: UnitOfWork) -> list[str]:
    return [str(row["subject_id"]) for row in work.all(_SEEN)]


def stored(database: TestDatabase) -> list[str]:
    rows = database.rows("SELECT subject_id FROM randomization.screening ORDER BY subject_id")
    return [str(row[0]) for row in rows]


def raise_state(work: UnitOfWork, sqlstate: str) -> None:
    """Let the database raise an error of this SQLSTATE."""
    work.connection.exec_driver_sql(
        f"DO $$ BEGIN RAISE EXCEPTION 'CANARY' USING ERRCODE = '{sqlstate}'; END $$"
    )


def end_sessions(database: TestDatabase, login: str = LOGIN) -> int:
    """End all sessions of a login, as a restart of Postgres would."""
    rows = database.rows(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE usename = %s AND datname = %s",
        login,
        database.name,
    )
    return int(str(rows[0][0]))


def empty(database: TestDatabase) -> None:
    """Take out what a test wrote, append-only or not, and its limits on the login."""
    tables = (
        "randomization.screening",
        "randomization.site",
        "platform.outbox",
        "platform.stream_head",
        "platform.idempotency",
        "platform.signature",
    )
    with database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        for table in tables:
            admin.execute(f"DELETE FROM {table}".encode())
        admin.execute(f"ALTER ROLE {LOGIN} IN DATABASE {database.name} RESET ALL".encode())


def limit(database: TestDatabase, setting: str, value: str, login: str = LOGIN) -> None:
    """A setting of a login in this test's database only; it holds for sessions to come."""
    with database.admin() as admin:
        admin.execute(
            f"ALTER ROLE {login} IN DATABASE {database.name} SET {setting} = '{value}'".encode()
        )


@contextmanager
def holding(database: TestDatabase, query: str, *parameters: Any) -> Iterator[psycopg.Connection]:
    """Another session in the middle of a transaction, holding what ``query`` locks."""
    with database.admin() as other, other.transaction():
        other.execute(query.encode(), parameters)
        yield other


def await_blocked(database: TestDatabase, sessions: int, login: str = LOGIN) -> None:
    """Come back when so many sessions of a login wait for a lock."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND usename = %s AND wait_event_type = 'Lock'"
    )
    with database.admin() as connection:
        # Bounded by looks and not by time.
        for _ in range(20_000):
            if connection.execute(query, (login,)).fetchone() == (sessions,):
                return
    raise AssertionError(f"there are never {sessions} sessions that wait")
