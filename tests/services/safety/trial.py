"""Trial data that safety reads through the views: subjects and adverse event records."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from services.safety.handlers import CONSUMER
from shared.contracts.envelope import Envelope
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
RECORDED_AT = datetime(2026, 2, 20, 9, 0, tzinfo=UTC)

SERIOUS_EVENT = {
    "term": "Febrile neutropenia",
    "grade": "4",
    "start_date": "2026-02-19",
    "serious": "true",
    "hospitalisation": "true",
}


class Trial:
    """Writes what the assessments service would have written, and tells safety of it."""

    def __init__(self, database: TestDatabase) -> None:
        self._database = database
        self.engine: Engine = database.engine("induct_safety")

    def open_site(self, site: str = "S01", country: str = "CZ") -> None:
        with self._database.writing() as admin:
            admin.execute(
                "INSERT INTO randomization.site (study_id, site_id, name, country, time_zone,"
                " state, opened_at)"
                " VALUES (%s, %s, 'Hospital', %s, 'Europe/Prague', 'open', now())",
                (STUDY, site, country),
            )

    def add_subject(self, subject: str, site: str = "S01", study: str = STUDY) -> None:
        with self._database.writing() as admin:
            admin.execute(
                "INSERT INTO assessments.subject (study_id, subject_id, site_id, state,"
                " birth_year_month, sex, consented_on, registered_at)"
                " VALUES (%s, %s, %s, 'screening', '2015-06', 'female', '2026-01-05', now())",
                (study, subject, site),
            )

    def record(
        self,
        items: Mapping[str, str | None],
        subject: str = "S01-001",
        repeat: int = 1,
        form: str = "adverse_event",
    ) -> uuid.UUID:
        """A new record at version 1: an adverse event, or of another form."""
        record = uuid.uuid4()
        with self._database.writing() as admin:
            admin.execute(
                "INSERT INTO assessments.record VALUES (%s, %s, 'S01', %s, %s, 'unscheduled', %s)",
                (record, STUDY, subject, form, repeat),
            )
        self.correct(record, items, version=1, subject=subject)
        return record

    def correct(
        self,
        record: uuid.UUID,
        items: Mapping[str, str | None],
        version: int,
        subject: str = "S01-001",
    ) -> None:
        """A version of a record that gives the named items."""
        with self._database.writing() as admin:
            admin.execute(
                "INSERT INTO assessments.record_version VALUES (%s, %s, %s, 'S01', %s, NULL, %s,"
                " now(), 'test', 'coordinator', 'test', '1.0.0')",
                (record, version, STUDY, subject, version),
            )
            for item, value in items.items():
                admin.execute(
                    "INSERT INTO assessments.item_version VALUES (%s, %s, %s, %s, 'S01', %s, %s)",
                    (record, item, version, STUDY, subject, value),
                )

    def tell(self, record: uuid.UUID, **changed: Any) -> None:
        """Deliver ``assessment.recorded`` to the safety consumer."""
        CONSUMER.handle(self.engine, recorded(record, **changed))

    def close(self) -> None:
        self._database.done_with(self.engine)


def recorded(
    record: uuid.UUID,
    *,
    version: int = 1,
    serious: bool = True,
    event_id: uuid.UUID | None = None,
    at: datetime = RECORDED_AT,
    form: str = "adverse_event",
) -> Envelope:
    """The event as the bus brings it."""
    return Envelope(
        specversion="1.0",
        id=event_id or uuid.uuid4(),
        source="urn:induct:assessments",
        type="assessment.recorded",
        subject=f"{STUDY}/subject/S01-001",
        time=at,
        study=STUDY,
        version=version,
        dataschema="assessment.recorded/1.0",
        data={
            "subject_id": "S01-001",
            "site": "S01",
            "record_id": str(record),
            "form": form,
            "visit": "unscheduled",
            "repeat": 1,
            "record_version": version,
            "position": version,
            "observed_on": "2026-02-19",
            "serious": serious,
        },
    )
