"""A database with a study in which thousands of children wait for their allocation."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from infra.database.cast import LOGINS
from infra.database.migrate import migrate
from infra.database.roles import bootstrap, grant_database
from infra.database.studies import activate
from infra.postgres import Cluster
from shared.study.loading import load_definition, shipped_definitions

STUDY = "NCT05748171"
SITE = "S01"
PASSWORD = "for-benchmarks-only"  # noqa: S105 (of a cluster that is deleted after the run)
TEMPLATE = "benchmark_template"
CHILDREN = 6000
FIRST = 100_001  # six digits each, so that every child's requests are of one length

# What puts a child in each of the four strata: age, and months from diagnosis to relapse.
STRATA: Mapping[str, Mapping[str, Any]] = {
    f"age_group={age_group};first_remission={remission}": {
        "age_years": age,
        "first_diagnosis_date": diagnosed,
    }
    for age_group, age in (("lt10", 8), ("ge10", 12))
    for remission, diagnosed in (("lt24m", "2022-06-10"), ("ge24m", "2021-08-10"))
}
_GATE: Mapping[str, Any] = {
    "bcp_all": True, "relapse_number": 1, "marrow_relapse": True, "relapse_date": "2024-01-05",
    "kmt2a_aff1": False, "tcf3_hlf": False, "tcf3_pbx1": False, "hypodiploidy": False,
    "tp53_alteration": False, "marrow_blasts": "62.5", "cd22_positive": True, "ast": "31",
    "ast_uln": "40", "alt": "45", "alt_uln": "40", "bilirubin": "9.5", "bilirubin_uln": "21",
    "gilbert_syndrome": False, "creatinine_clearance": "95", "shortening_fraction": "36",
    "philadelphia_positive": False, "isolated_extramedullary_relapse": False,
    "prior_allogeneic_hsct": False, "prior_car_t": False, "prior_calicheamicin_conjugate": False,
    "sos_vod_history": False, "uncontrolled_infection": False, "assent_due": False,
}  # fmt: skip

_SITE = """
    INSERT INTO randomization.site
    VALUES (%(study)s, %(site)s, 'Benchmark', 'CZ', 'Europe/Prague', 'open', now())
"""
_LIST = """
    INSERT INTO randomization.list SELECT %(study)s, 'L1', 'permuted_blocks', 'training', 'active',
        %(children)s * cardinality(%(labels)s::text[]), '', now()
"""
_STRATA = "INSERT INTO randomization.stratum SELECT %(study)s, 'L1', unnest(%(labels)s::text[])"
_SLOTS = """
    INSERT INTO randomization.slot (study_id, list_id, label, position, arm)
    SELECT %(study)s, 'L1', label, n, CASE n %% 3 WHEN 0 THEN 'ALLR3' ELSE 'INO' END
    FROM unnest(%(labels)s::text[]) AS label, generate_series(1, %(children)s) AS n
"""
_CHILDREN = """
    INSERT INTO assessments.subject (study_id, subject_id, site_id, state, birth_year_month, sex,
        consented_on, registered_at)
    SELECT %(study)s, %(site)s || '-' || n, %(site)s, 'screening', '2015-06', 'female',
        '2024-01-20', now()
    FROM generate_series(%(first)s, %(first)s + %(children)s - 1) AS n
"""
# Every slot taken is the next one of its stratum, by one child with one allocation of that arm;
# and everything that goes with an allocation is there as often.
_INTEGRITY = """
    SELECT
        (SELECT count(*) FROM randomization.slot WHERE subject_id IS NOT NULL),
        (SELECT coalesce(sum(top), 0) FROM (SELECT max(position) AS top FROM randomization.slot
            WHERE subject_id IS NOT NULL GROUP BY label) AS s),
        (SELECT count(DISTINCT subject_id) FROM randomization.allocation),
        (SELECT count(*) FROM randomization.allocation a JOIN randomization.slot s
            ON s.subject_id = a.subject_id AND s.label = a.stratum AND s.arm = a.arm),
        (SELECT count(*) FROM platform.outbox WHERE type = 'subject.randomized'),
        (SELECT count(*) FROM platform.idempotency),
        (SELECT count(DISTINCT stream) FROM platform.audit
            WHERE table_name = 'randomization.allocation')
"""


class InvalidRun(RuntimeError):
    """What was measured is worth nothing; the message says why."""


def subject(number: int) -> str:
    return f"{SITE}-{number}"


def allocation_request(number: int, stratum: str) -> dict[str, Any]:
    """The body that asks for the allocation of a child of that stratum."""
    values = {**STRATA[stratum], **_GATE}
    return {"subject": subject(number), "site": SITE, "values": values, "strata": {}}


@dataclass(frozen=True)
class Database:
    """One filled database; ``url`` answers the URL of a login role."""

    name: str
    admin_url: str

    def url(self, login: str) -> str:
        address = self.admin_url.rsplit("@", 1)[1].rsplit("/", 1)[0]
        return f"postgresql://{login}:{PASSWORD}@{address}/{self.name}"

    def verify(self, allocated: int) -> None:
        """Raise ``InvalidRun`` unless exactly so many allocations stand, without gap or double."""
        with psycopg.connect(self.admin_url, dbname=self.name) as admin:
            found = admin.execute(_INTEGRITY.encode()).fetchone()
        if found is None or any(count != allocated for count in found):
            raise InvalidRun(f"{allocated} allocations were acknowledged, but found is {found}")


class Databases:
    """Filled databases, fresh ones for as long as the cluster lives."""

    def __init__(self, home: Path) -> None:
        self._cluster = Cluster(home)

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
        definition = load_definition(shipped_definitions()[STUDY])
        activate(
            template.url("induct_migrator"), definition,
            mode="training", actor="benchmark", reason="to be measured",
        )  # fmt: skip
        given = {"study": STUDY, "site": SITE, "labels": list(STRATA), "children": CHILDREN,
                 "first": FIRST}  # fmt: skip
        with psycopg.connect(admin_url, dbname=TEMPLATE, autocommit=True) as admin:
            # Without triggers: the children's own audit trail is not what is measured here.
            admin.execute("SET session_replication_role = replica")
            for statement in (_SITE, _LIST, _STRATA, _SLOTS, _CHILDREN):
                admin.execute(statement.encode(), given)
            admin.execute("VACUUM ANALYZE")
