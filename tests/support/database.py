"""The test session's Postgres: one cluster, one migrated template, copies of it for tests."""

import fcntl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import psycopg
from psycopg import sql
from sqlalchemy import Engine

from infra.database.cast import LOGINS
from infra.database.migrate import migrate
from infra.database.roles import bootstrap, grant_database
from infra.postgres import Cluster
from infra.postgres.probe import SUPERUSER
from shared.database.engine import blocking_engine
from tests.support.kept import Kept

TEMPLATE = "induct_template"
PASSWORD = "for-tests-only"
SCRAM_ITERATIONS_SINCE = 160_000


@dataclass(frozen=True)
class TestDatabase:
    """One test's database. ``url`` answers the URL of a login role, ``admin`` a superuser.

    Where there is something ``kept``, the database serves another test after this one, and its
    sessions do too.
    """

    __test__ = False
    name: str
    admin_url: str
    kept: Kept | None = field(default=None, compare=False, repr=False)

    def url(self, login: str) -> str:
        address = self.admin_url.rsplit("@", 1)[1].rsplit("/", 1)[0]
        return f"postgresql://{login}:{PASSWORD}@{address}/{self.name}"

    def admin(self) -> psycopg.Connection:
        """A superuser's connection, outside every policy: for looking, and for doing evil."""
        return psycopg.connect(self.admin_url, dbname=self.name, autocommit=True)

    @contextmanager
    def writing(self) -> Iterator[psycopg.Connection]:
        """A superuser's connection that the audit triggers accept: for putting trial data where a
        service would have put them. Another statement is another transaction."""
        if self.kept is not None:
            yield self.kept.writing(self._named)
        else:
            with self._named() as connection:
                yield connection

    def _named(self) -> psycopg.Connection:
        connection = self.admin()
        connection.execute(
            "SELECT set_config('app.' || word, 'test', false)"
            " FROM unnest('{actor,role,request,reason}'::text[]) AS word"
        )
        return connection

    def rows(self, query: str, *parameters: object) -> list[tuple[object, ...]]:
        """What a superuser reads."""
        if self.kept is not None:
            return self.kept.looking(self.admin).execute(query.encode(), parameters).fetchall()
        with self.admin() as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def engine(self, login: str) -> Engine:
        """What the consumers and schedules of a login work with; ``done_with`` it in the end."""
        if self.kept is not None:
            return self.kept.engine(self.url(login))
        return blocking_engine(self.url(login), pool_size=4)

    def done_with(self, engine: Engine) -> None:
        """Close what ``engine`` opened, where nobody comes after."""
        if self.kept is None:
            engine.dispose()


class TestServer:
    """The cluster in ``home``; every worker attaches to the same one."""

    __test__ = False

    def __init__(self, home: Path) -> None:
        self._home = home
        self._cluster = Cluster(home / "postgres")

    @property
    def admin_url(self) -> str:
        return self._cluster.superuser_url()

    def start(self) -> None:
        with (self._home / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._cluster.start()
            marker = self._home / "template-ready"
            if not marker.exists():
                self._make_template()
                marker.touch()

    def create(self) -> TestDatabase:
        name = f"test_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(TEMPLATE)
                )
            )
            grant_database(admin, name)
        return TestDatabase(name, self.admin_url)

    def drop(self, database: TestDatabase) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
                    sql.Identifier(database.name)
                )
            )

    def destroy(self) -> None:
        self._cluster.destroy()

    def _make_template(self) -> None:
        bootstrap(self.admin_url, TEMPLATE, {login.name: PASSWORD for login in LOGINS})
        self._make_passwords_cheap()
        migrate(TestDatabase(TEMPLATE, self.admin_url).url("induct_migrator"))

    def _make_passwords_cheap(self) -> None:
        """A password is made slow to guess by thousands of rounds at each new session, and tests
        open tens of thousands of sessions."""
        password = self.admin_url.split("@", 1)[0].rsplit(":", 1)[1]
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            if admin.info.server_version < SCRAM_ITERATIONS_SINCE:
                return
            admin.execute("SET scram_iterations = 1")
            for login in LOGINS:
                _set_password(admin, login.name, PASSWORD)
            _set_password(admin, SUPERUSER, unquote(password))


def _set_password(admin: psycopg.Connection, role: str, password: str) -> None:
    admin.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
    )
