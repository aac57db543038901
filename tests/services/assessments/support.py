"""A trial that tests can put children into."""

import uuid
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import httpx
import psycopg
from psycopg.rows import TupleRow

from services.assessments.handlers import CONSUMER
from shared.contracts.envelope import Envelope, envelope
from shared.contracts.randomization import SubjectRandomized
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

CONSENTED = date(2024, 1, 20)
RANDOMIZED = datetime(2024, 1, 29, 10, 0, tzinfo=UTC)
COUNTS = {"sample_date": "2024-02-26", "neutrophils": "1.05", "platelets": "120"}


class Trial:
    """The service under test, with the site S01 open in Prague and S02 open in Auckland."""

    def __init__(self, api: ApiClient, database: TestDatabase) -> None:
        self.api = api
        self.database = database

    def register(self, subject: str = "S01-001", **changes: Any) -> httpx.Response:
        options = {k: changes.pop(k) for k in ("role", "sites", "key", "at") if k in changes}
        return self.api.post("/subjects", json=registration(subject, **changes), **options)

    def enrol(self, subject: str = "S01-001") -> str:
        """A subject in screening whose consent form is there."""
        site = subject.split("-", maxsplit=1)[0]
        assert self.register(subject, site=site, sites=[site]).status_code == 201
        items = {"consent_date": "2024-01-20", "assent_due": False}
        made = self.record("consent", items, subject, visit="SCR", sites=[site])
        assert made.status_code == 201, made.text
        return subject

    def randomize(self, subject: str = "S01-001", at: datetime = RANDOMIZED) -> Envelope:
        """Deliver the news of an allocation, as the queue does."""
        event = self.news(subject, at)
        self.deliver(event)
        return event

    def news(self, subject: str, at: datetime) -> Envelope:
        data = SubjectRandomized(
            subject_id=subject,
            site=subject.split("-", maxsplit=1)[0],
            allocation_id=str(uuid.uuid4()),
            randomization_number="R0001",
            randomized_at=at,
            definition_version="1.0.0",
        )
        content = envelope(data, study=self.api.study, time=at) | {
            "id": str(uuid.uuid4()),
            "version": 1,
        }
        return Envelope.model_validate(content)

    def deliver(self, event: Envelope) -> None:
        engine = self.database.engine("induct_assessments")
        CONSUMER.handle(engine, event)
        self.database.done_with(engine)

    def record(
        self,
        form: str,
        items: Mapping[str, Any],
        subject: str = "S01-001",
        *,
        visit: str | None = None,
        repeat: int = 1,
        **options: Any,
    ) -> httpx.Response:
        body = {"form": form, "repeat": repeat, "items": dict(items)}
        if visit is not None:
            body["visit"] = visit
        return self.api.post(f"/subjects/{subject}/assessments", json=body, **options)

    def counts(self, subject: str = "S01-001", repeat: int = 1) -> dict[str, Any]:
        """A blood count that was entered."""
        made = self.record("blood_count", COUNTS, subject, visit="C1D28", repeat=repeat)
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
        return found

    def correct(
        self, record: Mapping[str, Any], items: Mapping[str, Any], **options: Any
    ) -> httpx.Response:
        body = {"items": dict(items), "reason": options.pop("reason", "Data entry error")}
        headers = {"If-Match": options.pop("if_match", f'"{record["version"]}"')}
        return self.api.put(self.path(record), json=body, headers=headers, **options)

    def read(self, record: Mapping[str, Any], **options: Any) -> httpx.Response:
        return self.api.get(self.path(record), **options)

    @staticmethod
    def path(record: Mapping[str, Any]) -> str:
        return f"/subjects/{record['subject']}/assessments/{record['record_id']}"

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The data of the events that were written for the bus, in order."""
        rows = self.database.rows(
            "SELECT envelope -> 'data' FROM platform.outbox WHERE type = %s ORDER BY created_at",
            kind,
        )
        return [row[0] for row in rows]  # type: ignore[misc]

    def stored(self) -> tuple[object, ...]:
        """How many rows there are of everything that an entry leaves behind."""
        tables = ("record", "record_version", "item_version")
        counts = ", ".join(f"(SELECT count(*) FROM assessments.{table})" for table in tables)
        return self.database.rows(
            f"SELECT {counts}, (SELECT count(*) FROM platform.outbox),"
            " (SELECT count(*) FROM platform.audit)"
        )[0]

    def clock(self) -> datetime:
        """What the database's clock says."""
        found = self.database.rows("SELECT clock_timestamp()")[0][0]
        assert isinstance(found, datetime)
        return found

    @contextmanager
    def locked(self, query: str) -> Iterator[psycopg.Connection[TupleRow]]:
        """Another session in the middle of a transaction, holding what ``query`` locks."""
        with self.database.admin() as other, other.transaction():
            other.execute(query.encode())
            yield other

    def while_held(
        self,
        query: str,
        calls: Sequence[Coroutine[Any, Any, httpx.Response]],
        meanwhile: Callable[[], None] = lambda: None,
    ) -> list[httpx.Response]:
        """Start all calls while another session holds what ``query`` locks, and let them go on
        only when every one of them waits for it."""
        with ThreadPoolExecutor(1) as pool:
            with self.locked(query):
                running = pool.submit(self.api.together, calls)
                self.await_blocked(len(calls))
                meanwhile()
            return running.result()

    def await_blocked(self, sessions: int) -> None:
        """Come back when so many sessions of the service wait for a lock."""
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND usename = 'induct_assessments' AND wait_event_type = 'Lock'"
        )
        with self.database.admin() as connection:
            # Bounded by looks and not by time; a call that does not wait ends as a failure here.
            for _ in range(20_000):
                if connection.execute(waiting.encode()).fetchone() == (sessions,):
                    return
        raise AssertionError(f"there are never {sessions} sessions that wait for a lock")


def registration(subject: str, **changes: Any) -> dict[str, Any]:
    return {
        "subject": subject,
        "site": "S01",
        "birth_year_month": "2015-06",
        "sex": "female",
        "consented_on": CONSENTED.isoformat(),
    } | changes
