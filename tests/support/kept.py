"""What stays open from one test to the next: sessions of a database, and an app's connections.

A new session pays for its password, for a process, and for reading the catalogue and compiling
every trigger anew: far more than most tests' own work. A deployment pays that once in a long while.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from sqlalchemy import Engine
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import greenlet_spawn

from shared.database.engine import blocking_engine, cooperative_engine


@dataclass(frozen=True)
class Connections:
    """An app's connections, and the event loop that they belong to."""

    loop: asyncio.Runner
    engine: Engine
    kind: tuple[str, int]

    def close(self) -> None:
        self.loop.run(greenlet_spawn(self.engine.dispose))
        self.loop.close()


def new_connections(url: str, pool_size: int) -> Connections:
    """Connections that nobody used before; none is open yet."""
    engine = cooperative_engine(url, pool_size=pool_size)
    return Connections(asyncio.Runner(), engine, (url, pool_size))


class Kept:
    """What is kept of one database. Who takes an app's connections has them alone."""

    def __init__(self) -> None:
        self._idle: defaultdict[tuple[str, int], list[Connections]] = defaultdict(list)
        self._engines: dict[str, Engine] = {}
        self._looking: psycopg.Connection | None = None
        self._writing: psycopg.Connection | None = None

    def take(self, url: str, pool_size: int) -> Connections:
        idle = self._idle[url, pool_size]
        return idle.pop() if idle else new_connections(url, pool_size)

    def give_back(self, taken: Connections) -> None:
        self._idle[taken.kind].append(taken)

    def engine(self, url: str) -> Engine:
        """What the consumers and schedules of a login work with."""
        if url not in self._engines:
            self._engines[url] = blocking_engine(url, pool_size=4)
        return self._engines[url]

    def looking(self, connect: Callable[[], psycopg.Connection]) -> psycopg.Connection:
        """A superuser's session to look with."""
        if self._looking is None or self._looking.closed:
            self._looking = connect()
        return self._looking

    def writing(self, connect: Callable[[], psycopg.Connection]) -> psycopg.Connection:
        """A superuser's session to write with, in somebody's name."""
        if self._writing is None or self._writing.closed:
            self._writing = connect()
        return self._writing

    def idle_sessions(self) -> int | None:
        """How many sessions of logins lie idle; None where one is still in use."""
        found = 0
        held = [connections.engine for several in self._idle.values() for connections in several]
        for engine in (*held, *self._engines.values()):
            if not isinstance(engine.pool, QueuePool) or engine.pool.checkedout():
                return None
            found += engine.pool.checkedin()
        return found

    def close(self) -> None:
        for several in self._idle.values():
            for connections in several:
                connections.close()
        for engine in self._engines.values():
            engine.dispose()
        for session in (self._looking, self._writing):
            if session is not None:
                session.close()
