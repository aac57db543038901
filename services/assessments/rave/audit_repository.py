"""SQL of the audit stream: everything that happened, in one order, counted as its reader sees it.

The order is that of commits; within one it is fixed by keys that never change. What commits later
stands later, so a number once given stays. Rows that a reader may not see are left out before the
rest is counted: a gap would stand exactly where dosing was entered.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from shared.database.unit_of_work import UnitOfWork

_HAPPENINGS = text("""
    WITH happening AS (
        SELECT v.position AS at, 0 AS phase, CAST(r.record_id AS text) AS k1,
               CAST(v.version AS bigint) AS k2, i.item AS k3,
               CASE WHEN i.value IS NULL AND i.null_flavour IS NULL THEN 'removed'
                    WHEN EXISTS (SELECT 1 FROM assessments.item_version b
                                 WHERE b.record_id = i.record_id AND b.item = i.item
                                   AND b.version < i.version) THEN 'corrected'
                    WHEN i.value IS NULL THEN 'entered-empty' ELSE 'entered' END AS kind,
               r.subject_id, r.site_id, v.actor, v.recorded_at, v.reason, v.definition_version,
               CAST(r.record_id AS text) AS record, r.form, r.visit, r.repeat, i.item,
               i.value AS text, i.unit, CAST(NULL AS text) AS state, CAST(NULL AS text) AS thing,
               i.null_flavour
        FROM assessments.item_version i
        JOIN assessments.record_version v USING (record_id, version)
        JOIN assessments.record r USING (record_id)
        WHERE i.study_id = :study
          AND (CAST(:visible AS text[]) IS NULL OR r.form || '.' || i.item = ANY(:visible))
      UNION ALL
        SELECT s.position, 1, CAST(d.deviation_id AS text), 0, '',
               CASE WHEN d.standing THEN 'deviation' ELSE 'deviation-inactive' END,
               d.subject_id, d.site_id, s.actor, s.recorded_at, d.message, NULL,
               CAST(d.record_id AS text), d.form, r.visit, r.repeat, d.item, d.message, NULL,
               CASE WHEN d.standing THEN 'standing' ELSE 'void' END, CAST(d.deviation_id AS text),
               NULL
        FROM assessments.deviation d JOIN assessments.submission s USING (submission_id)
        LEFT JOIN assessments.record r USING (record_id)
        WHERE d.study_id = :study
          AND (CAST(:visible AS text[]) IS NULL OR d.rests_on <@ :visible)
      UNION ALL
        SELECT s.position, 2, CAST(q.query_id AS text), e.number, '', 'query-' || e.action,
               e.subject_id, e.site_id, e.actor, s.recorded_at, coalesce(e.message, ''), NULL,
               CAST(q.record_id AS text), q.form, r.visit, r.repeat, q.item,
               coalesce(e.message, q.message), NULL, e.state, CAST(q.query_id AS text), NULL
        FROM assessments.query_event e JOIN assessments.query q USING (query_id)
        JOIN assessments.submission s ON s.submission_id = e.submission_id
        LEFT JOIN assessments.record r USING (record_id)
        WHERE e.study_id = :study
          AND (CAST(:visible AS text[]) IS NULL OR q.rests_on <@ :visible)
      UNION ALL
        SELECT s.position, 3, CAST(f.record_id AS text), f.number, '', 'flag-' || f.action,
               f.subject_id, f.site_id, f.actor, s.recorded_at, coalesce(f.reason, ''), NULL,
               CAST(f.record_id AS text), r.form, r.visit, r.repeat, NULL, NULL, NULL, NULL,
               f.record_id || '/' || f.number, NULL
        FROM assessments.flag_event f JOIN assessments.submission s USING (submission_id)
        JOIN assessments.record r USING (record_id)
        WHERE f.study_id = :study AND (CAST(:visible AS text[]) IS NULL OR r.form = ANY(:visible)
            -- That something hidden was corrected voids a signature, and must not be told.
            AND (f.action <> 'void' OR EXISTS (
                SELECT 1 FROM assessments.item_version i WHERE i.record_id = f.record_id
                  AND i.version = f.record_version AND r.form || '.' || i.item = ANY(:visible))))
      UNION ALL
        SELECT t.after_position, 9, '', t.seq, '',
               CASE WHEN t.created THEN 'subject-created' ELSE 'subject-status' END,
               t.subject_id, t.site_id, t.actor, t.recorded_at, t.reason, NULL, NULL, NULL, NULL,
               NULL, NULL, NULL, NULL, t.state, NULL, NULL
        FROM assessments.subject_trail t WHERE t.study_id = :study),
    counted AS (
        SELECT h.*, row_number() OVER (
            ORDER BY at, phase, k1 COLLATE "C", k2, k3 COLLATE "C") AS number FROM happening h)
    SELECT number, kind, subject_id AS subject, site_id AS site, actor, recorded_at, reason,
           definition_version, record, form, visit, repeat, item, text, unit, state, thing,
           null_flavour
    FROM counted WHERE number >= :start ORDER BY number LIMIT :limit
""")


def list_happenings(
    work: UnitOfWork, visible: list[str] | None, *, start: int, limit: int
) -> list[Mapping[str, Any]]:
    """A page of the stream. ``visible`` are the forms and ``form.item`` pairs that exist for the
    reader; None for all."""
    return work.all(_HAPPENINGS, study=work.study, visible=visible, start=start, limit=limit)
