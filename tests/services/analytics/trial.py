"""A study whose data are written as the other services would have written them."""

import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine

from services.analytics.run import Outcome, perform
from shared.artefacts import DirectoryStore
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

FREIREICH = "freireich-1963"
NCT = "NCT05748171"
YESTERDAY = date(1961, 12, 30)
TODAY = date(1961, 12, 31)


class Trial:
    """Writes subjects, allocations and records of one study; asks for runs and performs them."""

    def __init__(self, database: TestDatabase, api: ApiClient, store: Path) -> None:
        self.database = database
        self.api = api
        self.study = api.study
        self.store = DirectoryStore(store)
        self.engine: Engine = database.engine("induct_analytics")
        self.position = 0  # of the last record that was written
        self._admin: psycopg.Connection | None = None
        self._leaving = ExitStack()

    def site(self, site: str = "S01", zone: str = "Europe/Prague") -> None:
        with self.writing().transaction():
            self.writing().execute(
                "INSERT INTO randomization.site VALUES (%s, %s, 'Hospital', 'CZ', %s, 'open',"
                " now())",
                (self.study, site, zone),
            )

    def register(self, subject: str, consented: date, site: str = "S01") -> None:
        with self.writing().transaction():
            self.writing().execute(
                "INSERT INTO assessments.subject (study_id, subject_id, site_id, state,"
                " birth_year_month, sex, consented_on, registered_at)"
                " VALUES (%s, %s, %s, 'screening', '1955-01', 'unknown', %s, now())",
                (self.study, subject, site, consented),
            )

    def child(
        self,
        subject: str,
        arm: str,
        at: date | datetime,
        *,
        stratum: str = "*",
        site: str = "S01",
    ) -> str:
        """A randomized child; a date stands for its noon in UTC."""
        instant = at if isinstance(at, datetime) else datetime.combine(at, time(12), UTC)
        self.register(subject, instant.date(), site)
        with self.writing().transaction():
            self.writing().execute(
                # Forced, because there is no list here whose slot could be taken.
                "INSERT INTO randomization.allocation (study_id, subject_id, site_id, country,"
                " randomization_number, source, stratum, levels, arm, randomized_at, requested_by,"
                " gate, explanation, content_hash, definition_version) VALUES (%s, %s, %s, 'CZ',"
                " %s, 'forced', %s, '{}', %s, %s, 'test', '{}', '{}', 'none', '1.0.0')",
                (self.study, subject, site, f"R-{subject}", stratum, arm, instant),
            )
        return subject

    def record(
        self,
        subject: str,
        form: str,
        items: Mapping[str, str | None],
        on: date | None = None,
        *,
        visit: str = "UNSCHEDULED",
        repeat: int = 1,
        site: str = "S01",
    ) -> uuid.UUID:
        """A new record at version 1, observed on a day."""
        record = uuid.uuid4()
        with self.writing().transaction():
            self.writing().execute(
                "INSERT INTO assessments.record VALUES (%s, %s, %s, %s, %s, %s, %s)",
                (record, self.study, site, subject, form, visit, repeat),
            )
        self.correct(record, subject, items, on, version=1, site=site)
        return record

    def correct(
        self,
        record: uuid.UUID,
        subject: str,
        items: Mapping[str, str | None],
        on: date | None,
        *,
        version: int,
        site: str = "S01",
    ) -> None:
        """A version of a record that gives the named items."""
        self.position += 1
        with self.writing().transaction():
            self.writing().execute(
                "INSERT INTO assessments.record_version VALUES (%s, %s, %s, %s, %s, %s, %s, now(),"
                " 'test', 'coordinator', 'test', '1.0.0')",
                (record, version, self.study, site, subject, on, self.position),
            )
            for item, value in items.items():
                self.writing().execute(
                    "INSERT INTO assessments.item_version VALUES (%s, %s, %s, %s, %s, %s, %s)",
                    (record, item, version, self.study, site, subject, value),
                )

    def writing(self) -> psycopg.Connection:
        """A superuser's connection that the audit triggers accept."""
        if self._admin is None:
            self._admin = self._leaving.enter_context(self.database.writing())
        return self._admin

    def close(self) -> None:
        self.database.done_with(self.engine)
        self._leaving.close()

    def ask(self, cutoff: date | None = TODAY) -> str:
        """Ask for a run; answer its id."""
        body = {} if cutoff is None else {"cutoff": cutoff.isoformat()}
        made = self.api.post("/runs", json=body, role="statistician")
        assert made.status_code == 202, made.text
        return str(made.json()["run_id"])

    def perform(self, run: str, event: str | None = None) -> Outcome:
        return perform(self.engine, self.study, run, self.store, event)

    def publish(self, cutoff: date = TODAY) -> str:
        """Ask for a run and perform it."""
        run = self.ask(cutoff)
        assert self.perform(run) is Outcome.PUBLISHED
        return run

    def current(self) -> str | None:
        """The run that readers see."""
        answer = self.api.get("/publication", role="sponsor")
        return answer.json()["run_id"] if answer.status_code == 200 else None

    def run(self, run: str) -> dict[str, Any]:
        found: dict[str, Any] = self.api.get(f"/runs/{run}", role="statistician").json()
        return found

    def rows(self, output_class: str = "open", **wanted: str) -> list[dict[str, Any]]:
        """All rows that a reader gets, page by page."""
        path = "/results" if output_class == "open" else "/closed/results"
        rows: list[dict[str, Any]] = []
        after = ""
        while True:
            params = {"after": after, "limit": 40} | wanted
            page = self.api.get(path, role="statistician", params=params)
            assert page.status_code == 200, page.text
            rows += page.json()["items"]
            after = page.json()["next"]
            if after is None:
                return rows

    def one(self, output_class: str, statistic: str, **fields: Any) -> dict[str, Any]:
        """The only row of a statistic with these fields."""
        found = [
            row
            for row in self.rows(output_class, statistic=statistic)
            if all(row[name] == value for name, value in fields.items())
        ]
        assert len(found) == 1, found
        return found[0]

    def kept(self, run: str) -> dict[tuple[str, str], str]:
        """Object keys of a run's files: their content, in other words."""
        rows = self.database.rows(
            "SELECT output_class, name, object_key FROM analytics.artefact WHERE run_id = %s", run
        )
        return {(str(row[0]), str(row[1])): str(row[2]) for row in rows}

    def counted_rows(self, run: str, attempt: int = 1) -> list[tuple[object, ...]]:
        """What an attempt at a run stored to be counted."""
        return self.database.rows(
            "SELECT paramcd, population, subject_id, arm, stratum, aval, cause, levels"
            " FROM analytics.endpoint_time WHERE run_id = %s AND attempt = %s ORDER BY 1, 2, 3",
            run,
            attempt,
        )

    def stored_rows(self, run: str) -> list[tuple[object, ...]]:
        """The rows of a run as they lie in the database."""
        return self.database.rows(
            "SELECT 'open', result_id, sort_key, result::text FROM analytics.result_open"
            " WHERE run_id = %s UNION ALL SELECT 'closed', result_id, sort_key, result::text"
            " FROM analytics.result_closed WHERE run_id = %s ORDER BY 1, 3",
            run,
            run,
        )
