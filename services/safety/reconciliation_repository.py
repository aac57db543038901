"""All SQL about the projection of adverse events and the notes on differences."""

import json
import uuid
from collections.abc import Sequence

from sqlalchemy import text

from services.safety.domain.records import Recorded
from services.safety.repository import Row
from shared.database.unit_of_work import UnitOfWork

# An event about an older version, arriving late or twice, changes nothing.
_SEE = text("""
    INSERT INTO safety.adverse_event AS seen (record_id, study_id, site_id, subject_id,
        record_version, term, grade, onset_on, ended_on, serious, seriousness, outcome, actions,
        seen_at)
    VALUES (:record, :study, :site, :subject, :version, :term, :grade, :onset_on, :ended_on,
        :serious, :seriousness, :outcome, CAST(:actions AS jsonb), :now)
    ON CONFLICT (record_id) DO UPDATE SET record_version = excluded.record_version,
        term = excluded.term, grade = excluded.grade, onset_on = excluded.onset_on,
        ended_on = excluded.ended_on, serious = excluded.serious,
        seriousness = excluded.seriousness, outcome = excluded.outcome,
        actions = excluded.actions, seen_at = excluded.seen_at
    WHERE seen.record_version < excluded.record_version
""")
_SEEN = text("""
    SELECT record_id, site_id, subject_id, record_version, term, grade, onset_on, ended_on,
           serious, seriousness, outcome, actions, seen_at
    FROM safety.adverse_event WHERE study_id = :study ORDER BY subject_id, onset_on, record_id
""")
_SEEN_LAST = text("""
    SELECT term AS event_term, grade, onset_on, ended_on, serious, seriousness, outcome, actions
    FROM safety.adverse_event WHERE study_id = :study AND record_id = :record
""")
_ITEMS = text("""
    SELECT CAST(record_id AS text) AS record_id, subject_id, item, value
    FROM assessments.item_read
    WHERE study_id = :study AND form = :form AND item = ANY(:items) AND value IS NOT NULL
    ORDER BY record_id, item
""")
_NOTES = text("""
    SELECT DISTINCT ON (difference_id) difference_id, number, status, owner, reason, noted_at,
           actor, actor_role
    FROM safety.difference_note WHERE study_id = :study ORDER BY difference_id, number DESC
""")
_NOTE = text("""
    INSERT INTO safety.difference_note (difference_id, number, study_id, site_id, subject_id,
        status, owner, reason, noted_at, actor, actor_role)
    SELECT :difference, coalesce(max(number), 0) + 1, :study, :site, :subject, :status, :owner,
           :reason, :now, :actor, :actor_role
    FROM safety.difference_note WHERE study_id = :study AND difference_id = :difference
""")


def see(work: UnitOfWork, record: uuid.UUID, subject: str, site: str, told: Recorded) -> None:
    """Keep an adverse event record as it is now."""
    work.execute(
        _SEE,
        record=record,
        study=work.study,
        site=site,
        subject=subject,
        version=told.version,
        term=told.report.event_term,
        grade=told.report.grade,
        onset_on=told.report.onset_on,
        ended_on=told.report.ended_on,
        serious=told.report.serious,
        seriousness=list(told.report.seriousness),
        outcome=told.report.outcome,
        actions=json.dumps(dict(told.report.actions)),
        now=work.now,
    )


def seen_last(work: UnitOfWork, record: uuid.UUID) -> Row | None:
    """A record as it was seen last, named as in a report."""
    row = work.one(_SEEN_LAST, study=work.study, record=record)
    return None if row is None else {**row, "seriousness": tuple(row["seriousness"])}


def seen(work: UnitOfWork) -> list[Row]:
    """Every adverse event record in reach, as the newest event showed it."""
    return work.all(_SEEN, study=work.study)


def items(work: UnitOfWork, form: str, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """Items of every record of a form in reach, by record; each with its ``subject_id``."""
    found: dict[str, dict[str, str]] = {}
    for row in work.all(_ITEMS, study=work.study, form=form, items=list(names)):
        record = found.setdefault(row["record_id"], {"subject_id": row["subject_id"]})
        record[row["item"]] = row["value"]
    return found


def notes(work: UnitOfWork) -> dict[uuid.UUID, Row]:
    """The newest note on each difference."""
    return {row["difference_id"]: row for row in work.all(_NOTES, study=work.study)}


def add_note(work: UnitOfWork, difference: uuid.UUID, place: Row, note: Row) -> None:
    """``place`` gives site and subject, ``note`` status, owner and reason."""
    work.execute(
        _NOTE,
        difference=difference,
        study=work.study,
        **place,
        **note,
        now=work.now,
        actor=work.principal.subject,
        actor_role=work.principal.role,
    )
