"""SQL that reads queries and deviations for those who look at them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text

from shared.database.unit_of_work import UnitOfWork
from shared.http.pagination import Page

Row = Mapping[str, Any]

# `names` are what the caller sees; null for those who see everything, known or not.
_QUERIES = """
    SELECT CAST(q.query_id AS text) AS query_id, q.subject_id, q.site_id,
           CAST(q.record_id AS text) AS record_id, q.form, r.visit, r.repeat, q.item, q.origin,
           q.check_id, q.check_version, q.severity, q.message, e.state, q.raised_by,
           opened.recorded_at AS raised_at, e.action AS last_action,
           e.recorded_at AS changed_at, e.number AS events, q.rests_on
    FROM assessments.query q
    JOIN assessments.submission opened USING (submission_id)
    LEFT JOIN assessments.record r ON r.record_id = q.record_id
    JOIN LATERAL (
        SELECT e.state, e.action, e.number, s.recorded_at
        FROM assessments.query_event e JOIN assessments.submission s USING (submission_id)
        WHERE e.query_id = q.query_id
          AND (CAST(:at AS timestamptz) IS NULL OR s.recorded_at <= :at)
        ORDER BY e.number DESC LIMIT 1) e ON true
    WHERE q.study_id = :study
      AND (CAST(:names AS text[]) IS NULL OR q.rests_on <@ CAST(:names AS text[]))
"""
_LIST = text(
    _QUERIES
    + """ AND (CAST(:subject AS text) IS NULL OR q.subject_id = :subject)
      AND (CAST(:state AS text) IS NULL OR e.state = :state)
      AND (CAST(:form AS text) IS NULL OR q.form = :form)
      AND CAST(q.query_id AS text) COLLATE "C" > :after
    ORDER BY CAST(q.query_id AS text) COLLATE "C" LIMIT :limit
"""
)
_ONE = text(_QUERIES + " AND q.query_id = CAST(:query AS uuid)")
_EVENTS = text("""
    SELECT e.number, e.action, e.state, e.message, e.actor, e.actor_role, s.recorded_at
    FROM assessments.query_event e JOIN assessments.submission s USING (submission_id)
    WHERE e.query_id = CAST(:query AS uuid)
      AND (CAST(:at AS timestamptz) IS NULL OR s.recorded_at <= :at)
    ORDER BY e.number
""")
# How each departure stood at the instant: the last row of each.
_DEVIATIONS = text("""
    SELECT * FROM (
        SELECT DISTINCT ON (d.subject_id, d.record_id, d.kind, d.source_id)
               CAST(d.deviation_id AS text) AS deviation_id, d.subject_id, d.site_id,
               CAST(d.record_id AS text) AS record_id, d.form, d.visit, d.item, d.kind,
               d.source_id, d.source_version, d.days_out, d.observed_on, d.standing, d.message,
               s.recorded_at AS noted_at
        FROM assessments.deviation d JOIN assessments.submission s USING (submission_id)
        WHERE d.study_id = :study
          AND (CAST(:at AS timestamptz) IS NULL OR s.recorded_at <= :at)
          AND (CAST(:names AS text[]) IS NULL OR d.rests_on <@ CAST(:names AS text[]))
          AND (CAST(:subject AS text) IS NULL OR d.subject_id = :subject)
          AND (CAST(:site AS text) IS NULL OR d.site_id = :site)
          AND (CAST(:kind AS text) IS NULL OR d.kind = :kind)
          AND (CAST(:source AS text) IS NULL OR d.source_id = :source)
        ORDER BY d.subject_id, d.record_id, d.kind, d.source_id, s.position DESC) standing
    WHERE (:all OR standing.standing)
      AND (CAST(:least AS integer) IS NULL OR abs(standing.days_out) >= :least)
      AND standing.deviation_id COLLATE "C" > :after
    ORDER BY standing.deviation_id COLLATE "C" LIMIT :limit
""")


def list_queries(
    work: UnitOfWork,
    names: list[str] | None,
    at: datetime | None,
    page: Page,
    **filters: str | None,
) -> list[Row]:
    """Queries in the order of their ids; filters: subject, state, form."""
    return work.all(
        _LIST,
        study=work.study,
        names=names,
        at=at,
        after=page.after,
        limit=page.limit + 1,
        **filters,
    )


def find_query(
    work: UnitOfWork, query: str, names: list[str] | None, at: datetime | None = None
) -> Row | None:
    return work.one(_ONE, study=work.study, query=query, names=names, at=at)


def events_of(work: UnitOfWork, query: str, at: datetime | None = None) -> list[Row]:
    """The steps of a query in order."""
    return work.all(_EVENTS, query=query, at=at)


def list_deviations(
    work: UnitOfWork,
    names: list[str] | None,
    at: datetime | None,
    page: Page,
    **filters: str | int | bool | None,
) -> list[Row]:
    """Departures in the order of their ids; filters: subject, site, kind, source, least (days out,
    either way), all (those that no longer stand too)."""
    return work.all(
        _DEVIATIONS,
        study=work.study,
        names=names,
        at=at,
        after=page.after,
        limit=page.limit + 1,
        **filters,
    )
