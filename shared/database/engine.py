"""Connections. Nothing connects at import: a frozen Lambda environment must hold no session."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import AsyncAdaptedQueuePool, QueuePool
from sqlalchemy.util import greenlet_spawn

T = TypeVar("T")

POOL_TIMEOUT_SECONDS = 10
RECYCLE_SECONDS = 900
CONNECT_TIMEOUT_SECONDS = 3


def _url(url: str, driver: str) -> URL:
    return make_url(url).set(drivername=f"postgresql+{driver}")


def _connect_args(prepare: bool) -> dict[str, Any]:
    # RDS Proxy pins a session that holds prepared statements, so there they are switched off.
    arguments: dict[str, Any] = {"connect_timeout": CONNECT_TIMEOUT_SECONDS}
    return arguments if prepare else arguments | {"prepare_threshold": None}


def blocking_engine(
    url: str, *, pool_size: int, prepare: bool = True, patience: float = POOL_TIMEOUT_SECONDS
) -> Engine:
    """An engine whose calls block: for consumers, schedules, commands. ``patience``: seconds that
    a thread waits for a connection that others have."""
    return create_engine(
        _url(url, "psycopg"),
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=patience,
        pool_recycle=RECYCLE_SECONDS,
        # Every use of a connection is a transaction that ends by itself: nothing is left to reset.
        pool_reset_on_return=None,
        connect_args=_connect_args(prepare),
    )


def cooperative_engine(url: str, *, pool_size: int, prepare: bool = True) -> Engine:
    """An engine whose calls yield to the event loop; only for work given to ``Cooperative``.

    It is the engine inside SQLAlchemy's AsyncEngine, made without importing its ORM: importing
    that costs a request function more than the rest of this package.
    """
    return create_engine(
        _url(url, "psycopg_async"),
        _is_async=True,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        pool_recycle=RECYCLE_SECONDS,
        # Every use of a connection is a transaction that ends by itself: nothing is left to reset.
        pool_reset_on_return=None,
        connect_args=_connect_args(prepare),
    )


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
