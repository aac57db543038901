"""A database with a study in which a thousand children wait for their allocation."""

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks.inside import put_list_in_force
from benchmarks.outcome import InvalidRun
from benchmarks.trial import (
    CHILDREN,
    FIRST,
    LIST,
    LIST_SECRET,
    SITE,
    STUDY,
    TIME_ZONE,
    birth_month,
    definition,
)
from infra.database.cast import LOGINS
from infra.database.migrate import migrate
from infra.database.roles import bootstrap, grant_database
from infra.database.studies import activate
from infra.postgres import Cluster
from services.randomization.domain import slots

LOGIN = "induct_randomization"
PASSWORD = "for-benchmarks-only"  # noqa: S105 (of a cluster that is deleted after the run)
TEMPLATE = "benchmark_template"

_SITE = """
    INSERT INTO randomization.site (study_id, site_id, name, country, time_zone, state, opened_at)
    VALUES (%(study)s, %(site)s, 'Benchmark', 'CZ', %(zone)s, 'open', now())
"""
_CHILDREN = """
    INSERT INTO assessments.subject (study_id, subject_id, site_id, state, birth_year_month, sex,
        consented_on, registered_at)
    SELECT %(study)s, %(site)s || '-' || n, %(site)s, 'screening', %(born)s, 'female',
        '2024-01-20', now()
    FROM generate_series(%(first)s, %(first)s + %(children)s - 1) AS n
"""
# Every slot taken is the next one of its stratum, by one child with one allocation from it; and
# everything that goes with an allocation is there as often.
_INTEGRITY = """
    SELECT
        (SELECT count(*) FROM randomization.slot WHERE subject_id IS NOT NULL),
        (SELECT coalesce(sum(top), 0) FROM (SELECT max(position) AS top FROM randomization.slot
            WHERE subject_id IS NOT NULL GROUP BY label) AS s),
        (SELECT count(DISTINCT subject_id) FROM randomization.allocation),
        (SELECT count(*) FROM randomization.allocation a
            JOIN randomization.slot s USING (study_id, subject_id, list_id, label, position)),
        (SELECT count(*) FROM randomization.attempt WHERE outcome = 201),
        (SELECT count(*) FROM platform.signature WHERE signed_table = 'randomization.allocation'),
        (SELECT count(*) FROM platform.outbox WHERE type = 'subject.randomized'),
        (SELECT count(*) FROM platform.idempotency WHERE route LIKE '%/allocations%'),
        (SELECT count(DISTINCT stream) FROM platform.audit
            WHERE table_name = 'randomization.allocation')
"""
_ARMS = "SELECT label, position, arm FROM randomization.allocation"


@cache
def _listed() -> frozenset[tuple[str, int, str]]:
    """Label, position and arm of every slot, generated anew from the list's secret."""
    made = slots.generate(definition(), LIST, bytes.fromhex(LIST_SECRET))
    return frozenset((slot.label, slot.position, slot.content) for slot in made)


@dataclass(frozen=True)
class Database:
    """One filled database; ``url`` answers the URL of a login role."""

    name: str
    admin_url: str

    def url(self, login: str) -> str:
        address = self.admin_url.rsplit("@", 1)[1].rsplit("/", 1)[0]
        return f"postgresql://{login}:{PASSWORD}@{address}/{self.name}"

    def verify(self, allocated: int, *, opened: bool) -> None:
        """Raise ``InvalidRun`` unless exactly so many allocations stand, without gap or double.

        Where slots were ``opened`` each arm must be the list's too; pgbench cannot open them.
        """
        with psycopg.connect(self.admin_url, dbname=self.name) as admin:
            found = admin.execute(_INTEGRITY.encode()).fetchone()
            arms = set(admin.execute(_ARMS.encode()).fetchall())
        if found is None or any(count != allocated for count in found):
            raise InvalidRun(f"{allocated} allocations were acknowledged, but found is {found}")
        if opened and not arms <= _listed():
            raise InvalidRun(f"{len(arms - _listed())} children have another arm than the list's")


class Databases:
    """Filled databases, fresh ones for as long as the cluster lives.

    ``folder`` takes the cluster, and the key of whoever puts the list in force.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cluster = Cluster(folder / "postgres")

    def __enter__(self) -> "Databases":
        self._cluster.start()
        try:
            self._fill()
        except BaseException:
            self._cluster.destroy()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._cluster.destroy()

    @property
    def programs(self) -> Path:
        """The folder of Postgres' own programs."""
        return self._cluster.binaries().directory

    def version(self) -> str:
        with psycopg.connect(self._cluster.superuser_url()) as admin:
            row = admin.execute("SHOW server_version").fetchone()
        return str(row[0]) if row else ""

    @contextmanager
    def fresh(self) -> Iterator[Database]:
        """A copy in which nobody has been allocated yet; dropped afterwards."""
        admin_url = self._cluster.superuser_url()
        name = f"benchmark_{uuid.uuid4().hex[:8]}"
        with psycopg.connect(admin_url, autocommit=True) as admin:
            copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
            admin.execute(copy.format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
            grant_database(admin, name)
            try:
                yield Database(name, admin_url)
            finally:
                drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
                admin.execute(drop.format(sql.Identifier(name)))

    def _fill(self) -> None:
        admin_url = self._cluster.superuser_url()
        template = Database(TEMPLATE, admin_url)
        bootstrap(admin_url, TEMPLATE, {login.name: PASSWORD for login in LOGINS})
        migrate(template.url("induct_migrator"))
        activate(
            template.url("induct_migrator"), definition(),
            mode="training", actor="benchmark", reason="to be measured",
        )  # fmt: skip
        given = {"study": STUDY, "site": SITE, "zone": TIME_ZONE, "children": CHILDREN,
                 "first": FIRST, "born": birth_month()}  # fmt: skip
        with psycopg.connect(admin_url, dbname=TEMPLATE, autocommit=True) as admin:
            # Without triggers: the children's own audit trail is not what is measured here.
            admin.execute("SET session_replication_role = replica")
            for statement in (_SITE, _CHILDREN):
                admin.execute(statement.encode(), given)
        asyncio.run(put_list_in_force(template.url(LOGIN), self._folder))
        with psycopg.connect(admin_url, dbname=TEMPLATE, autocommit=True) as admin:
            admin.execute("VACUUM ANALYZE")
