"""Statements that travel together do what they would do one after the other."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError, MultipleResultsFound

from shared.database import flight, transact
from shared.database.engine import Cooperative, cooperative_engine
from shared.database.errors import sqlstate
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import Conflict, Unavailable
from tests.shared.database.support import LOGIN, origin, stored
from tests.support.database import TestDatabase

SCREEN = text("INSERT INTO randomization.screening VALUES (:study, :subject, 'S01', now())")
COUNT = text("SELECT count(*) AS n FROM randomization.screening")
HALF = text("SELECT 1 / CAST(:zero AS integer) AS half")
SAY = text("SELECT CAST(:word AS text) AS word")


def send(work: UnitOfWork, subject: str) -> None:
    work.send(SCREEN, study=work.study, subject=subject)


def several(work: UnitOfWork) -> list[int]:
    """How many rows there are before and behind each thing sent."""
    found = [work.all(COUNT)[0]["n"]]
    for subject in ("S01-001", "S01-002"):
        send(work, subject)
        found.append(work.all(COUNT)[0]["n"])
    return found


def test_what_was_sent_is_there_for_the_next_statement(single: Engine) -> None:
    assert transact.read(single, origin(), several, {}) == [0, 1, 2]


def test_the_cooperative_driver_does_the_same(database: TestDatabase) -> None:
    async def run() -> list[int]:
        runner = Cooperative(cooperative_engine(database.url(LOGIN), pool_size=1))
        try:
            return await runner.run(lambda e: transact.read(e, origin(), several, {}))
        finally:
            await runner.close()

    assert asyncio.run(run()) == [0, 1, 2]


def test_what_nobody_waited_for_is_written_before_the_commit(
    single: Engine, database: TestDatabase
) -> None:
    transact.read(single, origin(), lambda work: send(work, "S01-001"), {})
    assert stored(database) == ["S01-001"]


def test_the_commit_travels_with_what_was_sent_last(single: Engine, database: TestDatabase) -> None:
    seen: list[TransactionStatus] = []

    def committing(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        seen.append(driver.info.transaction_status)

    event.listen(single, "commit", committing)
    transact.read(single, origin(), lambda work: send(work, "S01-001"), {})
    assert seen == [TransactionStatus.IDLE], "there was nothing left to commit"
    transact.read(single, origin(), lambda work: work.all(COUNT), {})
    assert seen[1] == TransactionStatus.INTRANS
    assert stored(database) == ["S01-001"]


def test_what_only_the_commit_refuses_is_an_error_like_any_other(
    single: Engine, database: TestDatabase
) -> None:
    def both(work: UnitOfWork) -> None:
        send(work, "S01-001")
        send(work, "S01-002")

    with one_child_a_site(database):
        with pytest.raises(Conflict) as caught:
            transact.read(single, origin(), both, {})
        assert isinstance(caught.value.__cause__, DBAPIError)
        assert sqlstate(caught.value.__cause__) == "23505"
        assert stored(database) == []
        transact.read(single, origin(), lambda work: send(work, "S01-002"), {})
    assert stored(database) == ["S01-002"], "the connection serves the next"


@contextmanager
def one_child_a_site(database: TestDatabase) -> Iterator[None]:
    """A rule that is looked at when the transaction commits."""
    table = "ALTER TABLE randomization.screening"
    with database.admin() as admin:
        admin.execute(f"{table} ADD CONSTRAINT one UNIQUE (site_id) DEFERRABLE INITIALLY DEFERRED")
        try:
            yield
        finally:
            admin.execute(f"{table} DROP CONSTRAINT one")


def test_the_first_statement_runs_behind_the_lock_and_knows_who_asks(single: Engine) -> None:
    asked = text("""
        SELECT current_setting('app.actor') AS actor, (
            SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
        ) AS locks
    """)
    found = transact.in_transaction(single, origin(), "a lock", lambda w: w.first, (asked, {}))
    assert found == [{"actor": origin().principal.subject, "locks": 1}]


def test_rows_come_back_in_the_order_of_their_statements(single: Engine) -> None:
    def ask(work: UnitOfWork) -> list[list[dict[str, object]]]:
        send(work, "S01-001")
        return work.together((SAY, {"word": "a"}), (COUNT, {}), (SAY, {"word": "b"}))

    assert transact.read(single, origin(), ask, {}) == [
        [{"word": "a"}], [{"n": 1}], [{"word": "b"}],
    ]  # fmt: skip


def test_a_colon_or_a_percent_sign_in_a_value_or_a_statement_stays_what_it_is(
    single: Engine,
) -> None:
    said = text("SELECT CAST(:word AS text) || ' 100% \\:x' AS word")
    found = transact.read(single, origin(), lambda w: w.all(said, word="50% :y %(z)s"), {})
    assert found == [{"word": "50% :y %(z)s 100% :x"}]


@pytest.mark.parametrize("waited", [True, False], ids=["waited for", "sent"])
def test_an_error_is_that_of_the_first_statement_that_fails_and_undoes_all(
    single: Engine, database: TestDatabase, waited: bool
) -> None:
    def fail(work: UnitOfWork) -> None:
        send(work, "S01-001")
        work.send(HALF, zero=0)
        send(work, "S01-001")  # a second error, behind the first
        if waited:
            work.all(COUNT)

    with pytest.raises(DBAPIError) as caught:
        transact.read(single, origin(), fail, {})
    assert sqlstate(caught.value) == "22012"
    assert stored(database) == []
    transact.read(single, origin(), lambda work: send(work, "S01-002"), {})
    assert stored(database) == ["S01-002"], "the connection serves the next"


def test_a_part_that_fails_is_undone_alone_with_what_it_sent(
    single: Engine, database: TestDatabase
) -> None:
    def part(work: UnitOfWork, subject: str, error: Exception | None, zero: int) -> None:
        with work.nested():
            send(work, subject)
            work.send(HALF, zero=zero)
            if error is not None:
                raise error

    def work_in_parts(work: UnitOfWork) -> None:
        send(work, "S01-001")
        with pytest.raises(RuntimeError):
            part(work, "S01-002", RuntimeError(), 1)
        part(work, "S01-003", None, 1)
        with pytest.raises(DBAPIError):
            part(work, "S01-004", None, 0)
        send(work, "S01-005")

    transact.read(single, origin(), work_in_parts, {})
    assert stored(database) == ["S01-001", "S01-003", "S01-005"]


def test_more_than_one_row_where_one_is_wanted_is_a_fault(single: Engine) -> None:
    rows = text("SELECT n FROM generate_series(1, 2) AS n")
    with pytest.raises(MultipleResultsFound):
        transact.read(single, origin(), lambda work: work.one(rows), {})


def test_a_connection_that_dies_is_told_as_lost_and_never_used_again(
    single: Engine, database: TestDatabase
) -> None:
    def die(work: UnitOfWork) -> None:
        pid = work.all(text("SELECT pg_backend_pid() AS pid"))[0]["pid"]
        with database.admin() as admin:
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        send(work, "S01-001")
        work.all(COUNT)

    with pytest.raises(Unavailable) as caught:
        transact.read(single, origin(), die, {})
    lost = caught.value.__cause__
    assert isinstance(lost, DBAPIError)
    assert lost.connection_invalidated
    transact.read(single, origin(), lambda work: send(work, "S01-002"), {})
    assert stored(database) == ["S01-002"]


def test_a_statement_is_spelled_once(single: Engine) -> None:
    assert flight.spelling(SAY) == "SELECT CAST(%(word)s AS text) AS word"
    assert flight.spelling(SAY) is flight.spelling(SAY)
