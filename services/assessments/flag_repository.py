"""SQL of the flag events of records."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.assessments.domain.flags import FlagEvent
from services.assessments.domain.history import History
from shared.database.unit_of_work import UnitOfWork
from shared.http.signatures import ElectronicSignature

_EVENTS = text("""
    SELECT CAST(f.record_id AS text) AS record_id, f.number, f.action, f.record_version, f.actor,
           f.actor_role, f.reason, CAST(f.signature_id AS text) AS signature_id, s.recorded_at
    FROM assessments.flag_event f LEFT JOIN assessments.submission s USING (submission_id)
    WHERE f.study_id = :study AND f.record_id = ANY(CAST(:records AS uuid[]))
      AND (CAST(:at AS timestamptz) IS NULL OR s.recorded_at <= :at)
    ORDER BY f.record_id, f.number
""")
_ADD = text("""
    INSERT INTO assessments.flag_event (record_id, number, study_id, site_id, subject_id, action,
        record_version, reason, actor, actor_role, signature_id, submission_id)
    SELECT e.record_id, e.number, :study, e.site, e.subject, e.action, e.record_version, e.reason,
        :actor, :role, e.signature_id, CAST(:submission AS uuid)
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS e
        (record_id uuid, number integer, site text, subject text, action text,
         record_version integer, reason text, signature_id uuid)
""")

_SIGNATURES = text("""
    SELECT CAST(signature_id AS text) AS signature_id, signer_name, signer_role, meaning, signed_at
    FROM platform.signature
    WHERE study_id = :study AND signature_id = ANY(CAST(:ids AS uuid[]))
""")
_SIGNED_WITH = text("""
    SELECT CAST(record_id AS text) AS record_id, record_version
    FROM assessments.flag_event
    WHERE study_id = :study AND subject_id = :subject AND signature_id = CAST(:signature AS uuid)
      AND action = 'sign'
    ORDER BY record_id
""")
_SIGNATURE_KEY = text("""
    SELECT signed_table, signed_key FROM platform.signature
    WHERE study_id = :study AND signature_id = CAST(:signature AS uuid)
""")


def events_of(
    work: UnitOfWork, records: Iterable[str], at: datetime | None = None
) -> dict[str, list[FlagEvent]]:
    """The flag events of records in order, by record, now or as of an instant; none: no key."""
    wanted = list(records)
    if not wanted:
        return {}
    found: dict[str, list[FlagEvent]] = {}
    for row in work.all(_EVENTS, study=work.study, records=wanted, at=at):
        found.setdefault(row["record_id"], []).append(
            FlagEvent(
                number=row["number"],
                action=row["action"],
                version=row["record_version"],
                actor=row["actor"],
                role=row["actor_role"],
                reason=row["reason"],
                signature=row["signature_id"],
                recorded_at=row["recorded_at"],
            )
        )
    return found


def add(work: UnitOfWork, steps: Sequence[tuple[History, FlagEvent]], submission: str) -> None:
    """Write flag events, in one statement. The actor is the caller."""
    rows: list[dict[str, Any]] = [
        {
            "record_id": history.record_id,
            "number": event.number,
            "site": history.site,
            "subject": history.subject,
            "action": event.action,
            "record_version": event.version,
            "reason": event.reason,
            "signature_id": event.signature,
        }
        for history, event in steps
    ]
    if rows:
        work.send(
            _ADD,
            study=work.study,
            actor=work.principal.subject,
            role=work.principal.role,
            rows=json.dumps(rows),
            submission=submission,
        )


def signatures(work: UnitOfWork, ids: Iterable[str]) -> dict[str, ElectronicSignature]:
    """Signatures by id, as they are shown."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    return {
        row["signature_id"]: ElectronicSignature(
            signature_id=row["signature_id"],
            name=row["signer_name"],
            role=row["signer_role"],
            meaning=row["meaning"],
            signed_at=row["signed_at"],
        )
        for row in work.all(_SIGNATURES, study=work.study, ids=wanted)
    }


def signed_with(work: UnitOfWork, subject: str, signature: str) -> list[tuple[str, int]]:
    """The records and versions that one signature was given for."""
    rows = work.all(_SIGNED_WITH, study=work.study, subject=subject, signature=signature)
    return [(row["record_id"], row["record_version"]) for row in rows]


def signature_place(work: UnitOfWork, signature: str) -> tuple[str, str] | None:
    """The table and key that a signature was given for."""
    row = work.one(_SIGNATURE_KEY, study=work.study, signature=signature)
    return None if row is None else (row["signed_table"], row["signed_key"])
