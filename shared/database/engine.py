"""Connections. Nothing connects at import: a frozen Lambda environment must hold no session."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import AsyncAdaptedQueuePool, QueuePool
from sqlalchemy.util import greenlet_spawn

T = TypeVar("T")

POOL_TIMEOUT_SECONDS = 10
RECYCLE_SECONDS = 900
CONNECT_TIMEOUT_SECONDS = 3
# A database that is gone without a word (a failover, a dead machine) says nothing on connections
# that are open: by the system's own patience they would be waited for for a quarter of an hour.
SILENCE_SECONDS = 20
# ``?login=role`` in a database's URL: the login proves itself by its role in AWS, through a proxy.
LOGIN = "login"
BY_ROLE = "role"


def _url(url: str, driver: str) -> URL:
    return make_url(url).set(drivername=f"postgresql+{driver}").difference_update_query([LOGIN])


def _is_by_role(url: str) -> bool:
    """Raises ``ValueError`` where the URL asks for a way of logging in that there is not."""
    way = make_url(url).query.get(LOGIN)
    if way not in {None, BY_ROLE}:
        raise ValueError(f"a database URL may say {LOGIN}={BY_ROLE}, and nothing else, of a login")
    return way is not None


def _connect_args(prepare: bool) -> dict[str, Any]:
    # RDS Proxy pins a session that holds prepared statements, so there they are switched off.
    arguments: dict[str, Any] = {
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        "tcp_user_timeout": SILENCE_SECONDS * 1000,
        "keepalives_idle": SILENCE_SECONDS // 2,
        "keepalives_interval": SILENCE_SECONDS // 4,
        "keepalives_count": 2,
    }
    return arguments if prepare else arguments | {"prepare_threshold": None}


def _logging_in(engine: Engine, url: str) -> Engine:
    """Gives each new connection a password of its own where the login is by role: it is good for
    a quarter of an hour, so it cannot stand in the URL."""
    if _is_by_role(url):

        @event.listens_for(engine, "do_connect")
        def password(_dialect: Any, _record: Any, _positional: Any, named: dict[str, Any]) -> None:
            from psycopg import OperationalError

            from shared.aws.credentials import NoCredentials
            from shared.aws.database_token import database_token

            where = named["host"], int(named.get("port", 5432))
            try:
                named["password"] = database_token(*where, named["user"])
            except NoCredentials as error:
                # As any other reason why there is no connection now: the caller comes again.
                raise OperationalError(f"no password: {error}") from error

    return engine


def url_with_password(url: str) -> str:
    """The URL for a driver alone: where the login is by role, with a password that opens once."""
    made = make_url(url)
    if _is_by_role(url):
        from shared.aws.database_token import database_token

        token = database_token(str(made.host), made.port or 5432, str(made.username))
        made = made.difference_update_query([LOGIN]).set(password=token)
    return made.render_as_string(hide_password=False)


def blocking_engine(
    url: str, *, pool_size: int, prepare: bool = True, patience: float = POOL_TIMEOUT_SECONDS
) -> Engine:
    """An engine whose calls block: for consumers, schedules, commands. ``patience``: seconds that
    a thread waits for a connection that others have."""
    engine = create_engine(
        _url(url, "psycopg"),
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=patience,
        pool_recycle=RECYCLE_SECONDS,
        # Every use of a connection is a transaction that ends by itself: nothing is left to reset.
        pool_reset_on_return=None,
        connect_args=_connect_args(prepare and not _is_by_role(url)),
    )
    return _logging_in(engine, url)


def cooperative_engine(url: str, *, pool_size: int, prepare: bool = True) -> Engine:
    """An engine whose calls yield to the event loop; only for work given to ``Cooperative``.

    It is the engine inside SQLAlchemy's AsyncEngine, made without importing its ORM: importing
    that costs a request function more than the rest of this package.
    """
    engine = create_engine(
        _url(url, "psycopg_async"),
        _is_async=True,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        pool_recycle=RECYCLE_SECONDS,
        # Every use of a connection is a transaction that ends by itself: nothing is left to reset.
        pool_reset_on_return=None,
        connect_args=_connect_args(prepare and not _is_by_role(url)),
    )
    return _logging_in(engine, url)


class Runner(Protocol):
    """How a request's blocking work is run without holding up other requests."""

    async def run(self, work: Callable[[Engine], T]) -> T: ...

    async def close(self) -> None: ...


class Cooperative:
    """Runs the work in a greenlet on the event loop: no thread is crossed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def run(self, work: Callable[[Engine], T]) -> T:
        return await greenlet_spawn(work, self._engine)

    async def close(self) -> None:
        await greenlet_spawn(self._engine.dispose)


class Threaded:
    """Runs the work in a thread. Measured against ``Cooperative``; see docs/decisions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def run(self, work: Callable[[Engine], T]) -> T:
        return await asyncio.to_thread(work, self._engine)

    async def close(self) -> None:
        await asyncio.to_thread(self._engine.dispose)
