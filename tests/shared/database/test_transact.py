"""Transactions: run again where that can help, and refused in words a caller can act on."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from shared.database import transact
from shared.database.errors import Overtaken, as_problem
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import (
    Conflict,
    InvalidContent,
    NotFound,
    Problem,
    Unavailable,
)
from tests.shared.database.support import origin, raise_state, screen, stored
from tests.support.database import TestDatabase

ITSELF = "found by the use case"


class OwnRefusal(Problem):
    status, kind, title = 409, "own-refusal", "A function of the service's own refused"


def failing(sqlstate: str, times: int) -> tuple[Callable[[UnitOfWork], int], list[int]]:
    """A use case that the database fails so many times, or that finds out by itself that it came
    too late; and a list as long as its runs."""
    runs: list[int] = []

    def use_case(work: UnitOfWork) -> int:
        runs.append(1)
        screen(work, "S01-001")
        if len(runs) <= times and sqlstate == ITSELF:
            raise Overtaken
        if len(runs) <= times:
            raise_state(work, sqlstate)
        return len(runs)

    return use_case, runs


@pytest.mark.parametrize("sqlstate", ["23505", "40001", "40P01", ITSELF])
def test_who_was_beaten_by_another_transaction_is_run_again(
    single: Engine, database: TestDatabase, sqlstate: str
) -> None:
    use_case, _ = failing(sqlstate, times=2)
    assert transact.read(single, origin(), use_case, {}) == 3
    assert stored(database) == ["S01-001"], "what the earlier runs wrote is gone"


@pytest.mark.parametrize(
    ("sqlstate", "problem"),
    [("23505", Conflict), ("40001", Unavailable), ("40P01", Unavailable), (ITSELF, Unavailable)],
)
def test_who_is_beaten_every_time_is_told_so(
    single: Engine, database: TestDatabase, sqlstate: str, problem: type[Problem]
) -> None:
    use_case, runs = failing(sqlstate, times=99)
    with pytest.raises(problem):
        transact.read(single, origin(), use_case, {})
    assert (len(runs), stored(database)) == (transact.ATTEMPTS, [])


@pytest.mark.parametrize(
    ("sqlstate", "problem"),
    [
        ("55P03", Unavailable),
        ("57014", Unavailable),
        ("53300", Unavailable),
        ("53100", Unavailable),
        ("58030", Unavailable),
        ("23503", NotFound),
        ("42501", NotFound),
        ("22021", InvalidContent),
        ("22P05", InvalidContent),
        ("IR001", OwnRefusal),
    ],
)
def test_an_error_of_the_database_becomes_a_problem_at_the_first_time(
    single: Engine, database: TestDatabase, sqlstate: str, problem: type[Problem]
) -> None:
    use_case, runs = failing(sqlstate, times=99)
    with pytest.raises(Problem) as caught:
        transact.read(single, origin(), use_case, {"IR001": OwnRefusal})
    assert type(caught.value) is problem
    assert "CANARY" not in str(caught.value.to_json())
    assert (len(runs), stored(database)) == (1, [])


@pytest.mark.parametrize(
    "sqlstate", ["22P02", "23502", "23514", "42703", "ID001", "ID002", "XX000"]
)
def test_an_error_that_is_a_fault_of_ours_is_not_dressed_up(single: Engine, sqlstate: str) -> None:
    use_case, runs = failing(sqlstate, times=99)
    with pytest.raises(DBAPIError):
        transact.read(single, origin(), use_case, {})
    assert len(runs) == 1


def test_a_services_own_words_go_before_the_general_ones(single: Engine) -> None:
    use_case, _ = failing("23503", times=99)
    with pytest.raises(OwnRefusal):
        transact.read(single, origin(), use_case, {"23503": OwnRefusal})


def test_a_refusal_rolls_back_and_is_not_tried_again(
    single: Engine, database: TestDatabase
) -> None:
    runs: list[int] = []

    def refuses(work: UnitOfWork) -> None:
        runs.append(1)
        screen(work, "S01-001")
        raise OwnRefusal

    with pytest.raises(OwnRefusal):
        transact.read(single, origin(), refuses, {})
    assert (len(runs), stored(database)) == (1, [])


@pytest.mark.parametrize("state", ["08000", "08006", "57P01", "57P02", "57P03", "58000", "53200"])
def test_an_outage_is_known_by_its_class(state: str) -> None:
    original = type("Error", (Exception,), {"sqlstate": state})()
    error: Any = DBAPIError("SELECT 1", None, original)
    assert isinstance(as_problem(error, {}), Unavailable)


def test_an_error_without_a_state_is_an_outage() -> None:
    assert isinstance(as_problem(DBAPIError("SELECT 1", None, Exception()), {}), Unavailable)
