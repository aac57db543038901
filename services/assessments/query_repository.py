"""SQL that writes queries and deviations; what a change must know of them is read by
known_repository, what is shown of them by query_view_repository."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import text

from services.assessments.domain.deviations import Deviation
from services.assessments.domain.queries import Question
from shared.database.unit_of_work import UnitOfWork

_RAISE = text("""
    WITH sent AS (
        SELECT gen_random_uuid() AS query_id, q.*
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS q
            (record_id uuid, form text, item text, origin text, check_id text,
             check_version text, severity text, rests_on text[], seen_values text, message text,
             record_version integer)),
    raised AS (
        INSERT INTO assessments.query (query_id, study_id, site_id, subject_id, record_id, form,
            item, origin, check_id, check_version, severity, rests_on, seen_values, message,
            raised_by, raised_role, state, events, last_action, submission_id)
        SELECT query_id, :study, :site, :subject, record_id, form, item, origin, check_id,
            check_version, severity, rests_on, seen_values, message, :actor, :role, 'open', 1,
            'open', CAST(:submission AS uuid)
        FROM sent
        RETURNING query_id),
    told AS (
        INSERT INTO assessments.query_event (query_id, number, study_id, site_id, subject_id,
            action, state, message, record_version, actor, actor_role, submission_id)
        SELECT query_id, 1, :study, :site, :subject, 'open', 'open', message, record_version,
            :actor, :role, CAST(:submission AS uuid)
        FROM sent)
    SELECT CAST(query_id AS text) AS query_id, CAST(record_id AS text) AS record_id, form, item,
           origin, check_id, check_version, severity, rests_on, 'open' AS state
    FROM sent ORDER BY query_id
""")
_STEP = text("""
    WITH sent AS (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS s
            (query_id uuid, action text, state text, message text, record_version integer)),
    moved AS (
        UPDATE assessments.query q
        SET state = sent.state, events = q.events + 1, last_action = sent.action
        FROM sent WHERE q.query_id = sent.query_id
        RETURNING q.query_id, q.events, q.site_id, q.subject_id, CAST(q.record_id AS text)
            AS record_id, q.form, q.item, q.origin, q.check_id, q.check_version, q.severity,
            q.rests_on, q.state),
    told AS (
        INSERT INTO assessments.query_event (query_id, number, study_id, site_id, subject_id,
            action, state, message, record_version, actor, actor_role, submission_id)
        SELECT moved.query_id, moved.events, :study, moved.site_id, moved.subject_id, sent.action,
            sent.state, sent.message, sent.record_version, :actor, :role,
            CAST(:submission AS uuid)
        FROM moved JOIN sent USING (query_id))
    SELECT CAST(query_id AS text) AS query_id, record_id, form, item, origin, check_id,
           check_version, severity, rests_on, state
    FROM moved ORDER BY query_id
""")
_NOTE = text("""
    INSERT INTO assessments.deviation (study_id, site_id, subject_id, record_id, form, visit, item,
        kind, source_id, source_version, days_out, observed_on, standing, rests_on, message,
        submission_id)
    SELECT :study, :site, :subject, d.record_id, d.form, d.visit, d.item, d.kind, d.source_id,
        d.source_version, d.days_out, d.observed_on, d.standing, d.rests_on, d.message,
        CAST(:submission AS uuid)
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS d
        (record_id uuid, form text, visit text, item text, kind text, source_id text,
         source_version text, days_out integer, observed_on date, standing boolean,
         rests_on text[], message text)
""")


def raise_all(
    work: UnitOfWork, site: str, subject: str, questions: Sequence[Question], submission: str
) -> list[dict[str, Any]]:
    """Raise queries of one subject, in one statement; as ``events.query_changed`` takes them."""
    if not questions:
        return []
    rows = work.all(
        _RAISE,
        study=work.study,
        site=site,
        subject=subject,
        rows=json.dumps([asdict(each) for each in questions]),
        submission=submission,
        **_who(work),
    )
    return [dict(row) for row in rows]


def step_all(
    work: UnitOfWork, steps: Iterable[dict[str, Any]], submission: str
) -> list[dict[str, Any]]:
    """Take one step with each of several queries: query_id, action, state, message,
    record_version."""
    rows = list(steps)
    if not rows:
        return []
    moved = work.all(
        _STEP, study=work.study, rows=json.dumps(rows), submission=submission, **_who(work)
    )
    return [dict(row) for row in moved]


def note(
    work: UnitOfWork, site: str, subject: str, found: Sequence[Deviation], submission: str
) -> None:
    """Write down how departures now stand, in one statement."""
    rows = [
        {
            "record_id": None if each.record is None else each.record.record_id,
            "form": None if each.record is None else each.record.form,
            "visit": None if each.record is None else each.record.visit,
            "item": each.item,
            "kind": each.kind,
            "source_id": each.source,
            "source_version": each.version,
            "days_out": each.days_out,
            "observed_on": each.observed_on.isoformat() if each.observed_on else None,
            "standing": each.standing,
            "rests_on": list(each.rests_on),
            "message": each.message,
        }
        for each in found
    ]
    if rows:
        work.send(
            _NOTE,
            study=work.study,
            site=site,
            subject=subject,
            rows=json.dumps(rows),
            submission=submission,
        )


def _who(work: UnitOfWork) -> dict[str, str]:
    return {"actor": work.principal.subject, "role": work.principal.role}
