"""SQL of submissions: the subjects they lock, the rows they write, and their place in the order."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.assessments.domain.history import History
from services.assessments.domain.kept import Kept
from services.assessments.repository import as_histories, reading
from shared.database.unit_of_work import UnitOfWork

# All writers of a subject take its row first, in one order: each sees what the one before has
# written, and two never wait for each other.
_LOCK_SUBJECTS = text("""
    SELECT s.subject_id, s.site_id, s.birth_year_month, s.sex, s.consented_on, s.randomized_at,
           site.time_zone
    FROM assessments.subject s LEFT JOIN randomization.site_read site USING (study_id, site_id)
    WHERE s.study_id = :study AND s.subject_id = ANY(:subjects)
    ORDER BY s.subject_id FOR NO KEY UPDATE OF s
""")
_IDS = text("SELECT CAST(gen_random_uuid() AS text) AS id FROM generate_series(1, :count)")
_ADD_RECORDS = text("""
    INSERT INTO assessments.record (record_id, study_id, site_id, subject_id, form, visit, repeat)
    SELECT CAST(r.record_id AS uuid), :study, r.site, r.subject, r.form, r.visit, r.repeat
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r
        (record_id text, site text, subject text, form text, visit text, repeat integer)
""")
_ADD_ITEMS = text("""
    INSERT INTO assessments.item_version (record_id, item, version, study_id, site_id, subject_id,
        value, unit, canonical, canonical_unit, null_flavour, null_reason)
    SELECT CAST(i.record_id AS uuid), i.item, i.version, :study, i.site, i.subject, i.text, i.unit,
           i.canonical, i.canonical_unit, i.null_flavour, i.null_reason
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS i
        (record_id text, item text, version integer, site text, subject text, text text, unit text,
         canonical text, canonical_unit text, null_flavour text, null_reason text)
""")
# The clock is read under the row's lock, and never runs back even where the machine's does:
# position and recorded_at both rise in the order of commits.
_CLOSE = text("""
    WITH taken AS (
        INSERT INTO assessments.commit_position AS head VALUES (:study, 1, clock_timestamp())
        ON CONFLICT (study_id) DO UPDATE SET position = head.position + 1,
            recorded_at = greatest(clock_timestamp(), head.recorded_at + interval '1 microsecond')
        RETURNING position, recorded_at),
    submission AS (
        INSERT INTO assessments.submission (submission_id, study_id, position, recorded_at, kind,
            source, file_id, prior_file_id, content_hash, actor, actor_role, request_id)
        SELECT CAST(:submission AS uuid), :study, taken.position, taken.recorded_at, :kind, :source,
            :file_id, :prior_file_id, :content_hash, :actor, :role, :request
        FROM taken),
    versions AS (
        INSERT INTO assessments.record_version (record_id, version, study_id, site_id, subject_id,
            observed_on, position, recorded_at, actor, actor_role, reason, definition_version,
            submission_id)
        SELECT CAST(v.record_id AS uuid), v.version, :study, v.site, v.subject, v.observed_on,
            taken.position, taken.recorded_at, :actor, :role, v.reason, :definition,
            CAST(:submission AS uuid)
        FROM taken, jsonb_to_recordset(CAST(:rows AS jsonb)) AS v
            (record_id text, version integer, site text, subject text, observed_on date,
             reason text))
    SELECT position, recorded_at FROM taken
""")
_FIND_FILE = text("""
    SELECT CAST(submission_id AS text) AS submission_id, content_hash, position
    FROM assessments.submission
    WHERE study_id = :study AND actor = :actor AND file_id = :file
""")


_KEPT = tuple(field.name for field in fields(Kept))


@dataclass(frozen=True)
class Source:
    """Where a submission comes from. `kind` is the way in; the rest is the sender's own account."""

    kind: str
    source: str | None = None
    file_id: str | None = None
    prior_file_id: str | None = None
    content_hash: str | None = None


@dataclass(frozen=True)
class Position:
    """The place of a submission in the order of commits, and its instant by the database (UTC)."""

    position: int
    recorded_at: datetime


def lock_subjects(work: UnitOfWork, subjects: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The subjects within reach by id, held until the transaction ends."""
    rows = work.all(_LOCK_SUBJECTS, study=work.study, subjects=sorted(set(subjects)))
    return {row["subject_id"]: dict(row) for row in rows}


def open_write(
    work: UnitOfWork, subjects: Iterable[str], count: int
) -> tuple[list[str], list[History]]:
    """So many random ids, and every record of the subjects, in one trip."""
    ids, rows = work.together((_IDS, {"count": count}), reading(work, subjects))
    return [row["id"] for row in ids], as_histories(rows)


def new_id(work: UnitOfWork) -> str:
    """A random id."""
    return str(work.all(_IDS, count=1)[0]["id"])


def add_records(work: UnitOfWork, histories: Sequence[History]) -> None:
    """Records without a version yet."""
    rows = [
        _place(each) | {"form": each.form, "visit": each.visit, "repeat": each.repeat}
        for each in histories
    ]
    if rows:
        work.send(_ADD_RECORDS, study=work.study, rows=json.dumps(rows))


def add_items(work: UnitOfWork, histories: Sequence[History]) -> None:
    """The items of the latest version of each record."""
    rows = [
        _place(each)
        | {"item": item, "version": each.latest.number}
        | ({} if kept is None else {name: getattr(kept, name) for name in _KEPT})
        for each in histories
        for item, kept in each.latest.changes.items()
    ]
    if rows:
        work.send(_ADD_ITEMS, study=work.study, rows=json.dumps(rows))


def close(
    work: UnitOfWork, submission: str, source: Source, histories: Sequence[History] = ()
) -> Position:
    """Take the study's next position, and write the submission and the latest versions at it.

    The last statement of a write but for its events: the lock is one for the whole study, and
    everything after it is waited for.
    """
    rows = [
        _place(each)
        | {
            "version": each.latest.number,
            "observed_on": each.latest.observed_on.isoformat() if each.latest.observed_on else None,
            "reason": each.latest.reason,
        }
        for each in histories
    ]
    (taken,) = work.all(
        _CLOSE,
        study=work.study,
        submission=submission,
        **asdict(source),
        actor=work.principal.subject,
        role=work.principal.role,
        request=work.origin.request_id,
        definition=work.definition().version,
        rows=json.dumps(rows),
    )
    return Position(int(taken["position"]), taken["recorded_at"])


def find_file(work: UnitOfWork, file_id: str) -> dict[str, Any] | None:
    """The submission that took the caller's file of that name."""
    row = work.one(_FIND_FILE, study=work.study, actor=work.principal.subject, file=file_id)
    return None if row is None else dict(row)


def _place(history: History) -> dict[str, object]:
    return {
        "record_id": history.record_id,
        "site": history.site,
        "subject": history.subject,
    }
