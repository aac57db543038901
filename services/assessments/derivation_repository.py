"""SQL of stored derivations: they only ever gain versions."""

import json
import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import text

from services.assessments.domain.rederived import Step
from services.assessments.domain.subject_state import SubjectState
from shared.database.unit_of_work import UnitOfWork

# One derivation of one subject has one id for ever, whoever derives it and when.
_SPACE = uuid.UUID("6f1c1f0e-6f0b-5c38-9a55-1d3c5e1f7a40")

_ADD = text("""
    INSERT INTO assessments.derivation (derivation_id, version, study_id, site_id, subject_id, name,
        value, status, reason, pack_id, arm_revealing, cause, result, content_hash, submission_id)
    SELECT d.derivation_id, d.version, :study, d.site, d.subject, d.name, d.value, d.status,
           d.reason, d.pack, d.arm_revealing, :cause, d.result, d.content_hash,
           CAST(:submission AS uuid)
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS d (derivation_id uuid, version integer,
        site text, subject text, name text, value text, status text, reason text, pack text,
        arm_revealing boolean, result jsonb, content_hash text)
""")
_SUBJECTS = text("""
    SELECT subject_id FROM assessments.subject
    WHERE study_id = :study AND (CAST(:subjects AS text[]) IS NULL OR subject_id = ANY(:subjects))
      AND subject_id COLLATE "C" > :after
    ORDER BY subject_id COLLATE "C" LIMIT :limit
""")


def derivation_id(study: str, subject: str, name: str) -> str:
    """The id of a derivation of a subject."""
    return str(uuid.uuid5(_SPACE, json.dumps([study, subject, name])))


def add(
    work: UnitOfWork,
    versions: Iterable[tuple[SubjectState, Step]],
    submission: str,
    cause: str,
) -> None:
    """Add versions of derivations of subjects."""
    rows = [
        {
            "derivation_id": derivation_id(work.study, state.subject, step.after.name),
            "version": step.number,
            "site": state.site,
            "subject": state.subject,
            "name": step.after.name,
            "value": step.after.value,
            "status": step.after.status,
            "reason": step.after.reason,
            "pack": step.after.pack.id,
            "arm_revealing": step.after.arm_revealing,
            "result": step.after.result,
            "content_hash": step.after.content_hash,
        }
        for state, step in versions
    ]
    if rows:
        work.send(_ADD, study=work.study, cause=cause, submission=submission, rows=json.dumps(rows))


def subjects(
    work: UnitOfWork, wanted: Sequence[str] | None, *, after: str, limit: int
) -> list[str]:
    """Subjects within reach in order, behind ``after``: those wanted, or all."""
    asked = None if wanted is None else list(wanted)
    rows = work.all(_SUBJECTS, study=work.study, subjects=asked, after=after, limit=limit)
    return [row["subject_id"] for row in rows]
