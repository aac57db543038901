"""Who is asking ends with the transaction: the next user of a connection inherits nothing."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest
from sqlalchemy import Engine, text

from shared.database import transact
from shared.database.unit_of_work import UnitOfWork, advisory_key, begin
from shared.http.problems import Conflict, Problem, RequestInFlight
from tests.shared.database.support import (
    LOGIN,
    STUDY,
    holding,
    origin,
    raise_state,
    screen,
    seen,
)
from tests.support.database import TestDatabase

NAMES = ("actor", "role", "study", "sites", "request", "reason")
SETTINGS = text(
    "SELECT pg_backend_pid() AS pid, "
    + ", ".join(f"coalesce(current_setting('app.{name}', true), '') AS {name}" for name in NAMES)
)


def settings_between_transactions(engine: Engine) -> set[str]:
    """What the pooled connection still knows of the one who had it before."""
    with engine.connect() as connection:
        row = connection.execute(SETTINGS).mappings().one()
        return {str(row[name]) for name in NAMES}


def fails(work: UnitOfWork) -> None:
    screen(work, "S01-009")
    raise_state(work, "23505")


def refuses(work: UnitOfWork) -> None:
    screen(work, "S01-009")
    raise Conflict


def test_a_use_case_works_under_the_settings_of_its_caller(single: Engine) -> None:
    one = origin("S02", "S01")
    row = transact.read(single, one, lambda work: work.one(SETTINGS), {})
    assert row is not None
    assert [row[name] for name in NAMES] == [
        "client-1", "coordinator", STUDY, "S01,S02", one.request_id, "",
    ]  # fmt: skip


@pytest.mark.parametrize("use_case", [seen, fails, refuses])
def test_nothing_of_a_caller_is_left_behind_however_it_ended(
    single: Engine, use_case: Callable[[UnitOfWork], object]
) -> None:
    with suppress(Problem):
        transact.read(single, origin("S01"), use_case, {})
    assert settings_between_transactions(single) == {""}


@pytest.mark.parametrize("use_case", [seen, fails, refuses])
def test_no_transaction_is_left_open_however_it_ended(
    single: Engine, database: TestDatabase, use_case: Callable[[UnitOfWork], object]
) -> None:
    with suppress(Problem):
        transact.read(single, origin("S01"), use_case, {})
    with single.connect() as connection:  # a look without a unit of work ends too
        connection.execute(SETTINGS)
    state = "SELECT state FROM pg_stat_activity WHERE usename = %s AND datname = %s"
    assert database.rows(state, LOGIN, database.name) == [("idle",)]


def test_a_reason_given_in_one_transaction_is_not_the_reason_of_the_next(single: Engine) -> None:
    transact.read(single, origin(), lambda work: work.because("transcription error"), {})
    row = transact.read(single, origin(), lambda work: work.one(SETTINGS), {})
    assert row is not None
    assert row["reason"] == ""


def test_callers_of_two_sites_take_turns_on_one_connection_and_see_their_own(
    single: Engine,
) -> None:
    for site in ("S01", "S02"):
        transact.read(single, origin(site), partial(screen, subject=f"{site}-001", site=site), {})
    pids = set()
    for _ in range(50):
        for site in ("S01", "S02"):
            found, row = transact.read(
                single, origin(site), lambda work: (seen(work), work.one(SETTINGS)), {}
            )
            assert found == [f"{site}-001"]
            assert row is not None
            pids.add(row["pid"])
    assert len(pids) == 1


def test_without_a_unit_of_work_nothing_is_seen_and_nothing_can_be_written(
    single: Engine,
) -> None:
    transact.read(single, origin("S01"), lambda work: screen(work, "S01-001"), {})
    with single.connect() as connection:
        assert connection.execute(text("SELECT * FROM randomization.screening")).all() == []
        with pytest.raises(Exception, match="row-level security"):
            connection.execute(
                text("INSERT INTO randomization.screening VALUES ('S', 'S01-002', 'S01', now())")
            )


def test_a_site_beyond_the_callers_cannot_be_written(single: Engine) -> None:
    with pytest.raises(Problem) as caught:
        transact.read(single, origin("S01"), lambda work: screen(work, "S02-001", "S02"), {})
    assert caught.value.status == 404, "what is out of reach looks like what is not there"


def test_a_study_beyond_the_callers_is_neither_seen_nor_written(single: Engine) -> None:
    transact.read(single, origin(study="freireich-1963"), lambda work: screen(work, "P-01"), {})
    assert transact.read(single, origin(), seen, {}) == []
    assert transact.read(single, origin(study="freireich-1963"), seen, {}) == ["P-01"]


def test_a_lock_of_a_request_ends_with_its_transaction(
    single: Engine, database: TestDatabase
) -> None:
    with single.connect() as connection, begin(connection, origin(), "a lock"):
        pass
    with (
        pytest.raises(ValueError, match="broken"),
        single.connect() as connection,
        begin(connection, origin(), "a lock"),
    ):
        raise ValueError("broken")
    locks = (
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
        " WHERE l.locktype = 'advisory' AND d.datname = current_database()"
    )
    assert database.rows(locks) == [(0,)]


def test_a_lock_that_another_session_holds_is_not_waited_for(
    single: Engine, database: TestDatabase
) -> None:
    with holding(database, "SELECT pg_advisory_xact_lock(%s)", advisory_key("a lock")):
        with (
            pytest.raises(RequestInFlight),
            single.connect() as connection,
            begin(connection, origin(), "a lock"),
        ):
            pass
        with single.connect() as connection, begin(connection, origin(), "another"):
            pass
