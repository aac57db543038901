"""Runs a use case in a transaction: reads, and changes with their idempotency row."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.database.errors import WORTH_ANOTHER_TRY, Overtaken, as_problem, sqlstate
from shared.database.flight import Rows, Statement
from shared.database.idempotency import Answer, RequestKey, asking, given_before, keep_answer
from shared.database.unit_of_work import Origin, UnitOfWork, begin
from shared.http.problems import Problem, Unavailable

Witness = Callable[[UnitOfWork, int, Problem | None], None]
T = TypeVar("T")
ATTEMPTS = 3


def read(
    engine: Engine,
    origin: Origin,
    use_case: Callable[[UnitOfWork], T],
    own_errors: Mapping[str, type[Problem]],
    *,
    first: Statement | None = None,
) -> T:
    """Run a reading use case. ``first`` travels with the opening of its transaction."""
    return _run(engine, origin, None, use_case, own_errors, first)


def change(
    engine: Engine,
    origin: Origin,
    request: RequestKey,
    use_case: Callable[[UnitOfWork], Answer],
    own_errors: Mapping[str, type[Problem]],
    *,
    replayed_as: int | None = None,
    witness: Witness | None = None,
) -> tuple[Answer, bool]:
    """Run a changing use case once for its key. True beside an answer from the first time.

    ``replayed_as`` is the status of a replay where it differs from the first answer's. A
    ``witness`` keeps a record of every attempt: in the effect's own transaction, or, where the
    request is refused and its transaction given up, in one of its own before the refusal is told.
    """

    def once(work: UnitOfWork) -> tuple[Answer, bool, Rows]:
        before = given_before(work, request)
        answer = before or use_case(work)
        kept = keep_answer(work, request, answer) if before is None else []
        if before is not None and replayed_as is not None:
            answer = replace(answer, status=replayed_as)
        if witness is not None:
            witness(work, answer.status, None)
        return answer, before is not None, kept

    try:
        asked = asking(request, origin.study)
        answer, replayed, kept = _run(engine, origin, request.lock_name(), once, own_errors, asked)
    except Problem as problem:
        if witness is not None and problem.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            _note_refusal(engine, origin, problem, witness, own_errors)
        raise
    # What is told the first time is what a replay is told: the headers as they were kept.
    return replace(answer, headers=kept[0]["headers"]) if kept else answer, replayed


def _note_refusal(
    engine: Engine,
    origin: Origin,
    problem: Problem,
    witness: Witness,
    own_errors: Mapping[str, type[Problem]],
) -> None:
    _run(engine, origin, None, lambda work: witness(work, problem.status, problem), own_errors)


def _run(
    engine: Engine,
    origin: Origin,
    lock: str | None,
    use_case: Callable[[UnitOfWork], T],
    own_errors: Mapping[str, type[Problem]],
    first: Statement | None = None,
) -> T:
    try:
        return in_transaction(engine, origin, lock, use_case, first)
    except PoolTimeout:
        raise Unavailable("All connections are busy.") from None
    except DBAPIError as error:
        problem = as_problem(error, own_errors)
        if problem is None:
            raise
        raise problem from error


def in_transaction(
    engine: Engine,
    origin: Origin,
    lock: str | None,
    use_case: Callable[[UnitOfWork], T],
    first: Statement | None = None,
) -> T:
    """Run ``use_case`` in a transaction of its own, and again where that can help.

    It can where another transaction was quicker, and where a pooled connection had died while it
    was idle and nothing was done yet. Raises what the database raised otherwise.
    """
    for attempt in range(1, ATTEMPTS + 1):
        entered = False
        try:
            with engine.connect() as connection, begin(connection, origin, lock, first) as work:
                entered = True
                return use_case(work)
        except Overtaken:
            if attempt == ATTEMPTS:
                raise
        except DBAPIError as error:
            stale = not entered and error.connection_invalidated
            beaten = sqlstate(error) in WORTH_ANOTHER_TRY
            if attempt == ATTEMPTS or not (stale or beaten):
                raise
    raise AssertionError("unreachable: the last attempt returns or raises")
