"""Statements that travel together: one trip to the database for all of them.

A round trip costs a request more than most statements do. In libpq's pipeline mode the driver sends
statements one behind the other and reads the answers when all are sent; the server runs them in
that order, as if each had been waited for, and runs none behind one that fails.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NoReturn

from psycopg import AsyncConnection, Error
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from sqlalchemy import Connection, TextClause
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import await_only

Statement = tuple[TextClause, Mapping[str, Any]]
Spelled = tuple[str, Mapping[str, Any]]
Rows = list[dict[str, Any]]
_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]


def fly(
    connection: Connection, statements: Sequence[Statement], *, commit: bool = False
) -> list[Rows]:
    """Execute statements in one trip, in their order; the rows of each, none where it has none.

    ``connection`` is in a transaction, or begins one with them, or ends it with them (``commit``).
    Raises ``DBAPIError`` of the first statement that fails, as ``Connection.execute`` would.
    """
    spelled = [(spelling(statement), parameters) for statement, parameters in statements]
    driver = connection.connection.driver_connection
    try:
        if isinstance(driver, AsyncConnection):
            return await_only(_fly_cooperatively(driver, spelled, commit))
        return _fly(driver, spelled, commit)
    except Error as error:
        _refuse(connection, driver, error)


@lru_cache(maxsize=2048)
def spelling(statement: TextClause) -> str:
    """The statement as the driver takes it: ``:name`` is ``%(name)s`` there."""
    return str(statement.compile(dialect=_DIALECT))


def _fly(driver: Any, statements: Sequence[Spelled], commit: bool) -> list[Rows]:
    cursors = [driver.cursor(row_factory=dict_row) for _ in statements]
    if _alone(driver, statements, commit):
        cursors[0].execute(*statements[0])
    else:
        with driver.pipeline():
            for cursor, (sql, parameters) in zip(cursors, statements, strict=True):
                cursor.execute(sql, parameters)
            if commit:
                driver.commit()
    return [[] if cursor.description is None else cursor.fetchall() for cursor in cursors]


async def _fly_cooperatively(
    driver: AsyncConnection[Any], statements: Sequence[Spelled], commit: bool
) -> list[Rows]:
    cursors = [driver.cursor(row_factory=dict_row) for _ in statements]
    if _alone(driver, statements, commit):
        await cursors[0].execute(*statements[0])
    else:
        async with driver.pipeline():
            for cursor, (sql, parameters) in zip(cursors, statements, strict=True):
                await cursor.execute(sql, parameters)
            if commit:
                await driver.commit()
    return [[] if cursor.description is None else await cursor.fetchall() for cursor in cursors]


def _alone(driver: Any, statements: Sequence[Spelled], commit: bool) -> bool:
    """Whether one thing is sent: the driver puts a BEGIN before the first of a transaction."""
    begun = driver.info.transaction_status is not TransactionStatus.IDLE
    return len(statements) == 1 and begun and not commit


def _refuse(connection: Connection, driver: Any, error: Error) -> NoReturn:
    """Raise the error as SQLAlchemy would; a connection that died with it is used no more, and
    none of the pool that is as old: what ended one has mostly ended all."""
    lost = bool(driver is None or driver.closed)
    wrapped = DBAPIError.instance(
        None, None, error, Error, connection_invalidated=lost, dialect=_DIALECT
    )
    if lost:
        connection.engine.pool._invalidate(connection.connection, error)  # noqa: SLF001 - as its engine
        connection.invalidate(error)
    raise wrapped from error
