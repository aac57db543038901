"""Sessions of the service's own login that are led step by step. Nothing here waits for a time to
pass: the server is asked who waits for whom."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.services.randomization.expected import STUDY, UNDER_24
from tests.support.database import TestDatabase

Row = Mapping[str, Any]
LOGIN = "induct_randomization"
PATIENCE_SECONDS = 60
_ENTER = """
    SELECT set_config('app.actor', 'test', true), set_config('app.role', 'coordinator', true),
           set_config('app.study', %s, true), set_config('app.sites', '*', true),
           set_config('app.request', 'test', true), set_config('app.reason', 'test', true)
"""
_TAKE = """
    SELECT * FROM randomization.take_slot(%s, %s, %s, %s, %s, current_date, %s::jsonb, %s)
"""
_RECORD = """
    INSERT INTO randomization.allocation (
        study_id, subject_id, site_id, country, randomization_number, source, list_id, label,
        position, stratum, levels, arm, randomized_at, requested_by, gate, explanation,
        content_hash, definition_version)
    VALUES (%(study)s, %(subject)s, %(site)s, %(country)s, %(subject)s, 'system', %(list_id)s,
            %(label)s, %(position)s, %(label)s, '{}', 'not opened', now(), 'test', '{}', '{}',
            'test', '1')
"""


class Session:
    """A connection in a transaction of its own. ``later`` runs a step that may have to wait."""

    def __init__(self, database: TestDatabase, login: str = LOGIN) -> None:
        self.connection = psycopg.connect(database.url(login), row_factory=dict_row)
        # The tests decide who waits for how long, and a busy machine must not.
        self.connection.execute("SET lock_timeout = 0; SET statement_timeout = 0")
        self.connection.commit()
        self.pid = self.connection.info.backend_pid
        self._thread = ThreadPoolExecutor(1)

    def execute(self, query: str, *parameters: Any) -> Row | None:
        """Runs a statement in the study, in the transaction that is open or a new one."""
        self.connection.execute(_ENTER, (STUDY,))
        cursor = self.connection.execute(query.encode(), parameters)
        return cursor.fetchone() if cursor.description else None

    def take(
        self,
        subject: str,
        label: str = UNDER_24,
        *,
        site: str = "S01",
        caps: Sequence[Row] = (),
        exclusive: bool = False,
    ) -> Row:
        found = self.execute(
            _TAKE, STUDY, site, label, label, subject, json.dumps(list(caps)), exclusive
        )
        assert found is not None
        return found | {"subject": subject, "label": label, "site": site}

    def record(self, taken: Row) -> None:
        """The allocation's row, as the service writes it after it has opened the slot."""
        self.connection.execute(_RECORD, {"study": STUDY} | dict(taken))

    def commit(self) -> None:
        self.connection.commit()

    def rollback(self) -> None:
        self.connection.rollback()

    def later(self, step: Callable[[], Any]) -> "Future[Any]":
        return self._thread.submit(step)

    def close(self) -> None:
        self.connection.close()
        self._thread.shutdown()


class Watcher:
    """Asks the server, from outside, which session waits for which."""

    def __init__(self, admin: psycopg.Connection) -> None:
        self._admin = admin

    def until_waits(self, waiting: int, for_: int, step: "Future[Any]") -> None:
        """Return once the backend waits for a lock that the other holds or is queued before it for.

        Raises ``AssertionError`` where the step ended without waiting.
        """

        def found() -> bool:
            assert not step.done(), f"it did not wait: {step.exception() or step.result()}"
            row = self._admin.execute("SELECT %s = ANY (pg_blocking_pids(%s))", (for_, waiting))
            return bool((row.fetchone() or (False,))[0])

        self._until(found)

    def blocked_by(self, pid: int) -> int:
        """The pid of a backend that waits for this one, as soon as there is one."""
        pids: list[int] = []

        def found() -> bool:
            rows = self._admin.execute(
                "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND datname = current_database() AND %s = ANY (pg_blocking_pids(pid))"
                " ORDER BY xact_start",
                (pid,),
            )
            pids.extend(row[0] for row in rows.fetchall())
            return bool(pids)

        self._until(found)
        return pids[0]

    def end(self, pid: int) -> None:
        """Let a backend die in the middle of what it does, and see it gone."""
        self._admin.execute("SELECT pg_terminate_backend(%s)", (pid,))
        gone = "SELECT NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = %s)"
        self._until(lambda: bool((self._admin.execute(gone, (pid,)).fetchone() or (0,))[0]))

    def _until(self, found: Callable[[], bool]) -> None:
        ends = time.monotonic() + PATIENCE_SECONDS
        while not found():
            assert time.monotonic() < ends, "nothing came of it"
            time.sleep(0.005)


@contextmanager
def sessions(database: TestDatabase, count: int) -> Iterator[tuple[Session, ...]]:
    """That many sessions, closed at the end whatever they are at."""
    made = tuple(Session(database) for _ in range(count))
    try:
        yield made
    finally:
        for session in made:
            session.close()


def used(database: TestDatabase) -> list[tuple[object, ...]]:
    """Label, position and subject of every slot that was given."""
    return database.rows(
        "SELECT label, position, subject_id FROM randomization.slot"
        " WHERE subject_id IS NOT NULL ORDER BY 1, 2"
    )
