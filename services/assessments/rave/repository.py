"""SQL of the face's own: files, refusals, and what is read by it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.assessments.domain.rave.document import Document
from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

_ADD_FILE = text("""
    INSERT INTO assessments.rave_file (reference, study_id, client, file_oid, prior_file_oid,
        content_hash, originator, sources, notes)
    VALUES (CAST(:reference AS uuid), :study, :client, :file, :prior, :hash, :originator,
        CAST(:sources AS jsonb), CAST(:notes AS jsonb))
""")
_PROCESSED = text("""
    SELECT 1 AS found FROM assessments.rave_file
    WHERE study_id = :study AND file_oid = :file LIMIT 1
""")
_ADD_REFUSAL = text("""
    INSERT INTO assessments.rave_refusal (reference, study_id, client, file_oid, errors)
    VALUES (CAST(:reference AS uuid), :study, :client, :file, CAST(:errors AS jsonb))
""")
_REPORT = text("""
    SELECT file_oid, errors, CAST('[]' AS jsonb) AS notes FROM assessments.rave_refusal
    WHERE study_id = :study AND client = :client AND reference = CAST(:reference AS uuid)
    UNION ALL
    SELECT file_oid, CAST('[]' AS jsonb), notes FROM assessments.rave_file
    WHERE study_id = :study AND client = :client AND reference = CAST(:reference AS uuid)
""")
_STUDY = text("""
    SELECT s.mode, s.definition_version,
           (SELECT json_agg(d.definition_version ORDER BY d.activated_at, d.definition_version)
            FROM platform.study_definition d WHERE d.study_id = s.study_id) AS versions
    FROM platform.study s WHERE s.study_id = :study
""")
_DEFINITION_HASH = text("""
    SELECT definition_hash FROM platform.study_definition
    WHERE study_id = :study AND definition_version = :version
""")
_SUBJECTS = text("""
    SELECT s.subject_id, s.site_id, s.state,
        EXISTS (SELECT 1 FROM assessments.record r WHERE r.study_id = s.study_id
                AND r.subject_id = s.subject_id
                AND (CAST(:forms AS text[]) IS NULL OR r.form = ANY(:forms))) AS touched,
        EXISTS (SELECT 1 FROM assessments.query q WHERE q.study_id = s.study_id
                AND q.subject_id = s.subject_id AND q.state = 'open'
                AND (CAST(:visible AS text[]) IS NULL OR q.rests_on <@ :visible)) AS unanswered,
        EXISTS (SELECT 1 FROM assessments.query q WHERE q.study_id = s.study_id
                AND q.subject_id = s.subject_id AND q.state = 'answered'
                AND (CAST(:visible AS text[]) IS NULL OR q.rests_on <@ :visible)) AS unclosed
    FROM assessments.subject s WHERE s.study_id = :study ORDER BY s.subject_id COLLATE "C"
""")
_KNOWN = text("""
    SELECT subject_id, site_id FROM assessments.subject
    WHERE study_id = :study AND subject_id = ANY(:subjects)
""")
_ALL_SUBJECTS = text("SELECT subject_id FROM assessments.subject WHERE study_id = :study")
_NUMBERS = text("""
    SELECT count(*) AS in_study, count(*) FILTER (WHERE site_id = :site) AS at_site
    FROM assessments.subject WHERE study_id = :study
""")
_SITES = text("""
    SELECT site_id, country, state FROM randomization.site_read WHERE study_id = :study
    ORDER BY site_id COLLATE "C"
""")
_USERS = text("""
    SELECT actor, array_agg(DISTINCT site_id ORDER BY site_id) AS sites FROM (
        SELECT v.actor, v.site_id FROM assessments.record_version v
        JOIN assessments.record r USING (record_id)
        WHERE v.study_id = :study AND (CAST(:forms AS text[]) IS NULL OR r.form = ANY(:forms))
        UNION SELECT t.actor, t.site_id FROM assessments.subject_trail t
        WHERE t.study_id = :study) AS told
    WHERE CAST(:site AS text) IS NULL OR site_id = :site
    GROUP BY actor ORDER BY actor COLLATE "C"
""")
_QUERIES = text("""
    SELECT CAST(query_id AS text) AS query_id, state FROM assessments.query
    WHERE study_id = :study AND record_id = CAST(:record AS uuid) AND item = :item
    ORDER BY query_id
""")
# Looked up by key (OFFSET 0 keeps it so): a planner that has not seen the tables grow would
# otherwise compare every value with every record.
_VALUES = text("""
    WITH latest AS (
        SELECT DISTINCT ON (i.record_id, i.item) i.record_id, i.item, i.version, i.value, i.unit,
               i.canonical, i.canonical_unit, i.null_flavour, i.null_reason
        FROM assessments.item_version i
        WHERE i.study_id = :study AND (CAST(:subject AS text) IS NULL OR i.subject_id = :subject)
        ORDER BY i.record_id, i.item, i.version DESC),
    visible AS (
        SELECT r.record_id, r.subject_id, r.site_id, r.form, r.visit, r.repeat, l.item, l.version,
               l.value, l.unit, l.canonical, l.canonical_unit, l.null_flavour, l.null_reason,
               max(l.version) OVER (PARTITION BY r.record_id) AS newest
        FROM latest l CROSS JOIN LATERAL (
            SELECT * FROM assessments.record o WHERE o.record_id = l.record_id OFFSET 0) r
        WHERE (CAST(:form AS text) IS NULL OR r.form = :form)
          AND (CAST(:visible AS text[]) IS NULL OR r.form || '.' || l.item = ANY(:visible)))
    SELECT x.subject_id, x.site_id, x.form, x.visit, x.repeat, v.definition_version, x.item,
           x.value, x.unit, x.canonical, x.canonical_unit, x.null_flavour, x.null_reason
    FROM visible x CROSS JOIN LATERAL (
        SELECT o.definition_version, o.recorded_at FROM assessments.record_version o
        WHERE o.record_id = x.record_id AND o.version = x.newest OFFSET 0) v
    WHERE (x.value IS NOT NULL OR x.null_flavour IS NOT NULL)
      AND (CAST(:since AS timestamptz) IS NULL OR v.recorded_at >= :since)
      AND (CAST(:version AS text) IS NULL OR v.definition_version = :version)
    ORDER BY x.subject_id COLLATE "C", x.form COLLATE "C", x.visit COLLATE "C", x.repeat,
             x.item COLLATE "C"
""")


def add_file(work: UnitOfWork, reference: str, document: Document) -> None:
    work.send(
        _ADD_FILE,
        reference=reference,
        study=work.study,
        client=work.principal.subject,
        file=document.file_oid,
        prior=document.prior_file_oid,
        hash=document.content_hash,
        originator=document.originator,
        sources=json.dumps([asdict(source) for source in document.sources]),
        notes=json.dumps(document.notes),
    )


def was_processed(work: UnitOfWork, file_oid: str) -> bool:
    """Whether a file of that name came in this study, from whichever sender."""
    return work.one(_PROCESSED, study=work.study, file=file_oid) is not None


def add_refusal(
    work: UnitOfWork, reference: str, file_oid: str | None, errors: Sequence[Mapping[str, str]]
) -> None:
    work.execute(
        _ADD_REFUSAL,
        reference=reference,
        study=work.study,
        client=work.principal.subject,
        file=file_oid,
        errors=json.dumps(list(errors)),
    )


def find_report(work: UnitOfWork, reference: str) -> Row | None:
    """What is told beside a Response, to whom the Response was given."""
    return work.one(_REPORT, study=work.study, client=work.principal.subject, reference=reference)


def find_study(work: UnitOfWork) -> Row | None:
    return work.one(_STUDY, study=work.study)


def mode(work: UnitOfWork) -> str:
    """The study's mode; empty where there is no such study."""
    row = find_study(work)
    return "" if row is None else str(row["mode"])


def find_definition_hash(work: UnitOfWork, version: str) -> str | None:
    row = work.one(_DEFINITION_HASH, study=work.study, version=version)
    return None if row is None else str(row["definition_hash"])


def known_subjects(work: UnitOfWork, subjects: Iterable[str]) -> dict[str, str]:
    """The site of each of the subjects that is within reach."""
    rows = work.all(_KNOWN, study=work.study, subjects=sorted(set(subjects)))
    return {row["subject_id"]: row["site_id"] for row in rows}


def all_subjects(work: UnitOfWork) -> list[str]:
    return [row["subject_id"] for row in work.all(_ALL_SUBJECTS, study=work.study)]


def numbers(work: UnitOfWork, site: str) -> tuple[int, int]:
    """Subjects within reach in the study, and at a site."""
    row = work.one(_NUMBERS, study=work.study, site=site) or {"in_study": 0, "at_site": 0}
    return int(row["in_study"]), int(row["at_site"])


def list_subjects(
    work: UnitOfWork, forms: list[str] | None, visible: list[str] | None
) -> list[Row]:
    return work.all(_SUBJECTS, study=work.study, forms=forms, visible=visible)


def list_sites(work: UnitOfWork) -> list[Row]:
    return work.all(_SITES, study=work.study)


def list_users(work: UnitOfWork, forms: list[str] | None, site: str | None) -> list[Row]:
    return work.all(_USERS, study=work.study, forms=forms, site=site)


def queries_of(work: UnitOfWork, record: str, item: str) -> list[Row]:
    """The queries on an item of a record, of whichever origin."""
    return work.all(_QUERIES, study=work.study, record=record, item=item)


def list_values(
    work: UnitOfWork,
    visible: list[str] | None,
    *,
    form: str | None = None,
    subject: str | None = None,
    version: str | None = None,
    since: datetime | None = None,
) -> list[Row]:
    """The values that stand, record by record. ``since``: of records changed from then on."""
    return work.all(
        _VALUES,
        study=work.study,
        visible=visible,
        form=form,
        subject=subject,
        version=version,
        since=since,
    )
