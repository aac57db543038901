"""SQL of the audit stream: everything that happened, in one order, counted as its reader sees it.

The order is that of commits; within one it is fixed by keys that never change. What commits later
stands later, so a number once given stays. Rows that a reader may not see are left out before the
rest is counted: a gap would stand exactly where dosing was entered.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from shared.database.unit_of_work import UnitOfWork

# Only keys are counted and sorted over the whole stream; what they stand for is looked up for the
# page alone. A value's record is looked up and not joined: joined, a planner that has not seen the
# tables grow compares every record with every version. Phases keep apart what one commit did:
# values, deviations, queries, flags, subjects.
_KEYS = """
    key AS (
        SELECT (SELECT v.position FROM assessments.record_version v
                WHERE v.record_id = i.record_id AND v.version = i.version) AS at,
               0 AS phase, i.record_id AS id, i.version AS n, i.item AS item
        FROM assessments.item_version i
        WHERE i.study_id = :study AND (CAST(:visible AS text[]) IS NULL OR (
            SELECT r.form FROM assessments.record r WHERE r.record_id = i.record_id
            ) || '.' || i.item = ANY(:visible))
      UNION ALL
        SELECT s.position, 1, d.deviation_id, 0, ''
        FROM assessments.deviation d JOIN assessments.submission s USING (submission_id)
        WHERE d.study_id = :study
          AND (CAST(:visible AS text[]) IS NULL OR d.rests_on <@ :visible)
      UNION ALL
        SELECT s.position, 2, e.query_id, e.number, ''
        FROM assessments.query_event e JOIN assessments.query q USING (query_id)
        JOIN assessments.submission s ON s.submission_id = e.submission_id
        WHERE e.study_id = :study
          AND (CAST(:visible AS text[]) IS NULL OR q.rests_on <@ :visible)
      UNION ALL
        SELECT s.position, 3, f.record_id, f.number, ''
        FROM assessments.flag_event f JOIN assessments.submission s USING (submission_id)
        JOIN assessments.record r USING (record_id)
        WHERE f.study_id = :study AND (CAST(:visible AS text[]) IS NULL OR r.form = ANY(:visible)
            -- That something hidden was corrected voids a signature, and must not be told.
            AND (f.action <> 'void' OR EXISTS (
                SELECT 1 FROM assessments.item_version i WHERE i.record_id = f.record_id
                  AND i.version = f.record_version AND r.form || '.' || i.item = ANY(:visible))))
      UNION ALL
        SELECT t.after_position, 9, CAST(NULL AS uuid), t.seq, ''
        FROM assessments.subject_trail t WHERE t.study_id = :study)
"""
_DETAILS = """
        SELECT p.number, CASE
                   WHEN i.value IS NULL AND i.null_flavour IS NULL THEN 'removed'
                   WHEN EXISTS (SELECT 1 FROM assessments.item_version b
                                WHERE b.record_id = i.record_id AND b.item = i.item
                                  AND b.version < i.version) THEN 'corrected'
                   WHEN i.value IS NULL THEN 'entered-empty' ELSE 'entered' END AS kind,
               r.subject_id AS subject, r.site_id AS site, v.actor, v.recorded_at, v.reason,
               v.definition_version, CAST(r.record_id AS text) AS record, r.form, r.visit, r.repeat,
               i.item, i.value AS text, i.unit, CAST(NULL AS text) AS state,
               CAST(NULL AS text) AS thing, i.null_flavour
        FROM page p JOIN assessments.record r ON r.record_id = p.id
        JOIN assessments.record_version v ON v.record_id = p.id AND v.version = p.n
        JOIN assessments.item_version i
            ON i.record_id = p.id AND i.version = p.n AND i.item = p.item
        WHERE p.phase = 0
      UNION ALL
        SELECT p.number, CASE WHEN d.standing THEN 'deviation' ELSE 'deviation-inactive' END,
               d.subject_id, d.site_id, s.actor, s.recorded_at, d.message, NULL,
               CAST(d.record_id AS text), d.form, r.visit, r.repeat, d.item, d.message, NULL,
               CASE WHEN d.standing THEN 'standing' ELSE 'void' END,
               CAST(d.deviation_id AS text), NULL
        FROM page p JOIN assessments.deviation d ON d.deviation_id = p.id
        JOIN assessments.submission s USING (submission_id)
        LEFT JOIN assessments.record r USING (record_id)
        WHERE p.phase = 1
      UNION ALL
        SELECT p.number, 'query-' || e.action, e.subject_id, e.site_id, e.actor, s.recorded_at,
               coalesce(e.message, ''), NULL, CAST(q.record_id AS text), q.form, r.visit, r.repeat,
               q.item, coalesce(e.message, q.message), NULL, e.state, CAST(q.query_id AS text), NULL
        FROM page p JOIN assessments.query_event e ON e.query_id = p.id AND e.number = p.n
        JOIN assessments.query q ON q.query_id = e.query_id
        JOIN assessments.submission s ON s.submission_id = e.submission_id
        LEFT JOIN assessments.record r ON r.record_id = q.record_id
        WHERE p.phase = 2
      UNION ALL
        SELECT p.number, 'flag-' || f.action, f.subject_id, f.site_id, f.actor, s.recorded_at,
               coalesce(f.reason, ''), NULL, CAST(f.record_id AS text), r.form, r.visit, r.repeat,
               NULL, NULL, NULL, NULL, f.record_id || '/' || f.number, NULL
        FROM page p JOIN assessments.flag_event f ON f.record_id = p.id AND f.number = p.n
        JOIN assessments.submission s USING (submission_id)
        JOIN assessments.record r ON r.record_id = f.record_id
        WHERE p.phase = 3
      UNION ALL
        SELECT p.number, CASE WHEN t.created THEN 'subject-created' ELSE 'subject-status' END,
               t.subject_id, t.site_id, t.actor, t.recorded_at, t.reason, NULL, NULL, NULL, NULL,
               NULL, NULL, NULL, NULL, t.state, NULL, NULL
        FROM page p JOIN assessments.subject_trail t ON t.study_id = :study AND t.seq = p.n
        WHERE p.phase = 9
"""
_HAPPENINGS = text(f"""
    WITH {_KEYS},
    counted AS (
        SELECT key.*, row_number() OVER (ORDER BY at, phase, id, n, item COLLATE "C") AS number
        FROM key),
    page AS MATERIALIZED (
        SELECT * FROM counted WHERE number >= :start ORDER BY number LIMIT :limit)
    SELECT * FROM ({_DETAILS}) AS told ORDER BY number
""")  # noqa: S608 (two constants of this file)


def list_happenings(
    work: UnitOfWork, visible: list[str] | None, *, start: int, limit: int
) -> list[Mapping[str, Any]]:
    """A page of the stream. ``visible`` are the forms and ``form.item`` pairs that exist for the
    reader; None for all."""
    return work.all(_HAPPENINGS, study=work.study, visible=visible, start=start, limit=limit)
