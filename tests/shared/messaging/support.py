"""A consumer whose every effect is seen: it adds one row an event, and a second one would show."""

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import text

from shared.contracts.envelope import Envelope
from shared.database.unit_of_work import UnitOfWork
from shared.messaging.consumer import Consumer
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
KIND = "subject.registered"
_EFFECT = text("""
    INSERT INTO randomization.screening
    VALUES (:study, CAST(:event AS text) || '/' || gen_random_uuid(), 'S01', :at)
""")


def leave_mark(work: UnitOfWork, event: Envelope) -> None:
    work.execute(_EFFECT, study=work.study, event=event.id, at=event.time)


def consumer(handle: Callable[[UnitOfWork, Envelope], None] = leave_mark) -> Consumer:
    return Consumer("randomization", {KIND: handle})


def event(**changes: Any) -> Envelope:
    attributes = {
        "specversion": "1.0",
        "id": uuid.uuid4(),
        "source": "urn:induct:assessments",
        "type": KIND,
        "subject": f"{STUDY}/subject/S01-001",
        "time": "2026-01-01T10:00:00Z",
        "study": STUDY,
        "version": 1,
        "dataschema": f"{KIND}/1.0",
        "data": {"subject_id": "S01-001", "site": "S01"},
    }
    return Envelope.model_validate(attributes | changes)


def record(content: Envelope | str, message_id: str | None = None) -> dict[str, Any]:
    """An SQS record of an event, or of any text."""
    if isinstance(content, str):
        return {"messageId": message_id or str(uuid.uuid4()), "body": content}
    detail = content.model_dump(mode="json")
    body = json.dumps({"detail-type": content.type, "source": "induct", "detail": detail})
    return {"messageId": message_id or str(content.id), "body": body}


def batch(*records: Mapping[str, Any]) -> dict[str, Any]:
    return {"Records": list(records)}


def failed(answer: Mapping[str, Any]) -> list[str]:
    assert answer.keys() == {"batchItemFailures"}
    return [entry["itemIdentifier"] for entry in answer["batchItemFailures"]]


def effects(database: TestDatabase, of: Envelope) -> int:
    query = "SELECT count(*) FROM randomization.screening WHERE subject_id LIKE %s || '/%%'"
    return int(str(database.rows(query, str(of.id))[0][0]))
