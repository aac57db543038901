"""The test session's Postgres: one cluster, one migrated template, one copy a test."""

import fcntl
import uuid
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from infra.database.cast import LOGINS
from infra.database.migrate import migrate
from infra.database.roles import bootstrap, grant_database
from infra.postgres import Cluster

TEMPLATE = "induct_template"
PASSWORD = "for-tests-only"


@dataclass(frozen=True)
class TestDatabase:
    """One test's database. ``url`` answers the URL of a login role, ``admin`` a superuser."""

    __test__ = False
    name: str
    admin_url: str

    def url(self, login: str) -> str:
        address = self.admin_url.rsplit("@", 1)[1].rsplit("/", 1)[0]
        return f"postgresql://{login}:{PASSWORD}@{address}/{self.name}"

    def admin(self) -> psycopg.Connection:
        """A superuser's connection, outside every policy: for looking, and for doing evil."""
        return psycopg.connect(self.admin_url, dbname=self.name, autocommit=True)

    def rows(self, query: str, *parameters: object) -> list[tuple[object, ...]]:
        with self.admin() as connection:
            return connection.execute(query.encode(), parameters).fetchall()


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
        migrate(TestDatabase(TEMPLATE, self.admin_url).url("induct_migrator"))
