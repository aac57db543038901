"""Safety: the first webhook after a commit, a report from a case, and the clocks of many cases."""

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import psycopg
from psycopg.rows import dict_row

from benchmarks.outcome import InvalidRun
from benchmarks.stack import Stack
from benchmarks.trial import SITE, STUDY, subject
from infra.cli.client import Client
from infra.demo.receiver import Receiver
from infra.demo.show import register_desk
from infra.local.home import DATABASE
from services.safety import fact_repository, obligation_service
from shared.study.loading import load_definition, shipped_definitions

PAUSE_SECONDS = 0.05
PATIENCE_SECONDS = 20
FIRST = 900_001
RECEIVER = "eudravigilance"
_PUT_DOWN = """
    SELECT message_id, extract(epoch FROM created_at)::float8 AS at
    FROM safety.webhook_message WHERE event_type = 'case.opened'
"""
# The case that has most facts, as often as asked: as a trial of so many cases would hold them.
_MULTIPLY = """
    INSERT INTO safety.case_fact
    SELECT (jsonb_populate_record(f, jsonb_build_object(
        'case_id', md5(c.n::text)::uuid, 'fact_id', md5(f.fact_id::text || c.n)::uuid,
        'supersedes', md5(f.supersedes::text || c.n)::uuid))).*
    FROM safety.case_fact f CROSS JOIN generate_series(1, %(cases)s) AS c (n)
    WHERE f.case_id = (SELECT case_id FROM safety.case_fact
                       GROUP BY case_id ORDER BY count(*) DESC LIMIT 1)
"""
_SCAN = """
    SELECT case_id, fact_id, number, kind, value, true_at, true_on, received_at, received_zone,
           recorded_at, source, reason, actor, actor_role, supersedes, signature_id
    FROM safety.case_fact WHERE case_id IN (SELECT md5(n::text)::uuid
                                            FROM generate_series(1, %(cases)s) AS c (n))
    ORDER BY case_id, number
"""


@dataclass(frozen=True)
class Clocks:
    """So many cases with so many facts, read once and computed once, in seconds."""

    cases: int
    facts: int
    obligations: int
    scan: float
    compute: float

    @property
    def ratio(self) -> float:
        return self.compute / self.scan


@dataclass(frozen=True)
class Safety:
    """Seconds of each: from message put down to first attempt received; of an event's report; of
    its ICSR. ``schemas`` names what the ICSRs were held against, None for rules alone."""

    attempts: Sequence[float]
    intakes: Sequence[float]
    reports: Sequence[float]
    schemas: str | None
    clocks: Clocks


class _Desk(Receiver):
    """Notes when each message came first."""

    def __init__(self) -> None:
        super().__init__()
        self.came: dict[str, float] = {}

    def accept(self, body: bytes, headers: dict[str, str]) -> bool:
        self.came.setdefault(headers["webhook-id"], time.time())
        return super().accept(body, headers)


def measure(stack: Stack, cases: int, many: int) -> Safety:
    """In a running stack: so many ``cases`` reported one by one, and the clocks of ``many``.

    Raises ``InvalidRun`` where a message does not arrive, or comes without its signature.
    """
    with _Desk() as desk, Client(stack.home, STUDY) as client:
        child = {"subject": subject(FIRST), "site": SITE, "birth_year_month": "2015-06",
                 "sex": "female", "consented_on": "2024-01-20"}  # fmt: skip
        client.post(
            "assessments", "/subjects", child, role="coordinator", key="safety-child", sites=[SITE]
        )
        register_desk(client, desk)
        intakes, reports, schemas = _report(client, cases)
        with psycopg.connect(stack.cluster.superuser_url(DATABASE), autocommit=True) as admin:
            attempts = _attempts(admin, desk, cases)
            return Safety(attempts, intakes, reports, schemas, _clocks(admin, many))


def _report(client: Client, cases: int) -> tuple[list[float], list[float], str | None]:
    intakes, reports, schemas = [], [], None
    for number in range(cases):
        now = datetime.now(UTC)
        body = {
            "subject": subject(FIRST), "site": SITE, "event_term": "Febrile neutropenia",
            "grade": 4, "seriousness": ["hospitalisation"], "suspect_product": "INO",
            "onset_on": (now - timedelta(days=2)).date().isoformat(), "reporter": "Physician",
            "aware_at": now.isoformat(), "narrative": "Fever after the first infusion.",
        }  # fmt: skip
        started = time.perf_counter()
        case = client.post("safety", "/cases", body, role="safety_desk", key=f"safety-{number}")
        taken = time.perf_counter()
        path = f"/cases/{case['case_number']}/icsr"
        draft = client.get("safety", path, role="safety_desk", receiver=RECEIVER)
        intakes.append(taken - started)
        reports.append(time.perf_counter() - taken)
        if "XSD" in {each["id"] for each in draft["issues"]}:
            raise InvalidRun("an ICSR does not follow its schema")
        schemas = draft["schema_set"]
        time.sleep(PAUSE_SECONDS)
    return intakes, reports, schemas


def _attempts(admin: "psycopg.Connection[Any]", desk: _Desk, cases: int) -> list[float]:
    ends = time.monotonic() + PATIENCE_SECONDS
    while True:
        put = {str(name): float(at) for name, at in admin.execute(_PUT_DOWN).fetchall()}
        if len(put) == cases and put.keys() <= desk.verified:
            return [desk.came[name] - at for name, at in put.items()]
        if time.monotonic() > ends or desk.refused:
            raise InvalidRun("a message to the safety desk did not arrive")
        time.sleep(0.1)


def _clocks(admin: "psycopg.Connection[Any]", cases: int) -> Clocks:
    # Neither trail nor foreign keys: the facts alone are read.
    admin.execute("SET session_replication_role = replica")
    admin.execute(_MULTIPLY, {"cases": cases})
    admin.execute("ANALYZE safety.case_fact")
    definition = load_definition(shipped_definitions()[STUDY])
    as_of = datetime.now(UTC)
    with admin.cursor(row_factory=dict_row) as cursor:
        started = time.perf_counter()
        rows: list[Mapping[str, Any]] = list(cursor.execute(_SCAN, {"cases": cases}).fetchall())
        scanned = time.perf_counter()
    obligations = 0
    for case, own in groupby(rows, lambda row: uuid.UUID(str(row["case_id"]))):
        facts = [fact_repository.fact(row) for row in own]
        obligations += len(obligation_service.owed(case, facts, definition, as_of).obligations)
    ended = time.perf_counter()
    if obligations < cases:
        raise InvalidRun("cases without an obligation were computed")
    return Clocks(cases, len(rows), obligations, scanned - started, ended - scanned)
