"""The database of one machine: embedded, or the one that DATABASE_URL names."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg

from infra.database.cast import LOGINS
from infra.database.guard_watch import watch_guards
from infra.database.migrate import is_current, migrate
from infra.database.roles import bootstrap
from infra.local.home import DATABASE, Home, LoginUrls
from infra.postgres import Cluster


class NotDurable(RuntimeError):
    """The database would lose what it acknowledges."""


class LocalDatabase:
    """Started, bootstrapped and migrated by ``open``; ``logins`` are the ways in."""

    def __init__(self, home: Home) -> None:
        self._home = home
        given = os.environ.get("DATABASE_URL")
        self._cluster = None if given else Cluster(home.postgres)
        self._given = given

    @property
    def where(self) -> str:
        """Where the data lie, for a person."""
        if self._cluster is None:
            return "the database that DATABASE_URL names"
        return str(self._cluster.data_directory)

    @property
    def was_running(self) -> bool:
        return self._cluster is None or self._cluster.is_alive()

    def open(self) -> LoginUrls:
        """Start the server where it is ours, bring roles and schema up to date."""
        if self._cluster is not None:
            self._cluster.start()
        admin_url = self._given or self._admin_url()
        database = (urlsplit(self._given).path.lstrip("/") if self._given else "") or DATABASE
        logins = LoginUrls(admin_url, database, self._home.secrets())
        if not self._is_ready(logins):
            passwords = self._home.secrets()
            bootstrap(admin_url, database, {login.name: passwords[login.name] for login in LOGINS})
            migrate(logins.migrator)
            watch_guards(admin_url, database)
        _assert_durable(logins.migrator)
        return logins

    def close(self) -> None:
        if self._cluster is not None:
            self._cluster.stop()

    def _admin_url(self) -> str:
        if self._cluster is None:
            raise AssertionError("only asked of a cluster of ours")
        return self._cluster.superuser_url()

    def _is_ready(self, logins: LoginUrls) -> bool:
        try:
            return is_current(logins.migrator)
        except psycopg.OperationalError:
            return False  # no database or no roles yet


@contextmanager
def opened(home: Home) -> Iterator[LoginUrls]:
    """The database for a command; stopped afterwards where the command had to start it."""
    database = LocalDatabase(home)
    was_running = database.was_running
    try:
        yield database.open()
    finally:
        if not was_running:
            database.close()


def _assert_durable(url: str) -> None:
    with psycopg.connect(url) as connection:
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            row = connection.execute(f"SHOW {name}".encode()).fetchone()
            if row is None or row[0] not in {"on", "remote_apply", "remote_write"}:
                raise NotDurable(f"Postgres runs with {name} off: it could lose an allocation.")
