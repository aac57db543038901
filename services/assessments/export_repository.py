"""SQL of exports: what was asked for, and the children as they were then."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text

from shared.database.unblinded_reads import note_by_caller
from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

_NOW = text("SELECT clock_timestamp()")
_DEFINITION = text("""
    SELECT definition_hash FROM platform.study_definition
    WHERE study_id = :study AND activated_at <= :as_of
    ORDER BY activated_at DESC LIMIT 1
""")
_ADD = text("""
    INSERT INTO assessments.export
        (study_id, variant, formats, audit, as_of, position, definition_version, definition_hash,
         mapping_version, mapping_hash, system_version, sites, actor, actor_role)
    VALUES (:study, :variant, :formats, :audit, :as_of, :position, :definition_version,
            :definition_hash, :mapping_version, :mapping_hash, :system_version, :sites,
            :actor, :role)
    RETURNING CAST(export_id AS text)
""")
_FIND = text("""
    SELECT CAST(export_id AS text) AS export_id, study_id, variant, formats, audit, as_of, position,
           definition_version, definition_hash, mapping_version, mapping_hash, system_version,
           requested_at, actor, actor_role
    FROM assessments.export
    WHERE study_id = :study AND export_id = CAST(:export AS uuid) AND variant = :variant
      AND sites = :sites
""")
_NOTE_FETCH = text("""
    INSERT INTO assessments.export_fetch
        (study_id, export_id, file, actor, actor_role, request_id)
    VALUES (:study, CAST(:export AS uuid), :file, :actor, :role, :request)
""")
_CHILDREN = text("""
    SELECT s.subject_id, s.site_id, s.birth_year_month, s.sex, s.consented_on,
           CASE WHEN s.randomized_at <= :as_of THEN s.randomized_at END AS randomized_at,
           site.country, site.time_zone
    FROM assessments.subject s LEFT JOIN randomization.site_read site USING (study_id, site_id)
    WHERE s.study_id = :study AND s.registered_at <= :as_of
      AND s.subject_id COLLATE "C" > :after
    ORDER BY s.subject_id COLLATE "C" LIMIT :limit
""")
# By the instant: an allocation or a new pack moves a derivation without a record.
_DERIVED = text("""
    SELECT * FROM (
        SELECT DISTINCT ON (d.derivation_id) d.subject_id, d.name, d.value, d.status, d.reason,
               d.result -> 'details' AS details
        FROM assessments.derivation d JOIN assessments.submission s USING (submission_id)
        WHERE d.study_id = :study AND d.subject_id = ANY(:subjects) AND s.recorded_at <= :as_of
        ORDER BY d.derivation_id, d.version DESC) last
    WHERE status <> 'void' ORDER BY subject_id COLLATE "C", name COLLATE "C"
""")
_HEADS = text("SELECT stream, seq, hash FROM platform.heads_at(:as_of)")
_ARMS = text("""
    SELECT subject_id, arm FROM randomization.arm_read
    WHERE study_id = :study AND subject_id = ANY(:subjects) AND randomized_at <= :as_of
""")


def derived(work: UnitOfWork, as_of: datetime, subjects: list[str]) -> dict[str, list[Row]]:
    """What was derived of each child by then, in the order of names."""
    found: dict[str, list[Row]] = {subject: [] for subject in subjects}
    for row in work.all(_DERIVED, study=work.study, as_of=as_of, subjects=subjects):
        found[row["subject_id"]].append(row)
    return found


def clock(work: UnitOfWork) -> datetime:
    """What the database's clock says."""
    found: datetime = work.execute(_NOW).scalar_one()
    return found


def definition_hash_at(work: UnitOfWork, as_of: datetime) -> str | None:
    """The definition that was activated last by then; None where none was."""
    found: str | None = work.execute(
        _DEFINITION, study=work.study, as_of=as_of
    ).scalar_one_or_none()
    return found


def add(work: UnitOfWork, **values: Any) -> str:
    """Keep what was asked for; the id of the export."""
    found: str = work.execute(
        _ADD,
        study=work.study,
        sites=work.principal.sites_setting(),
        actor=work.principal.subject,
        role=work.principal.role,
        **values,
    ).scalar_one()
    return found


def find(work: UnitOfWork, export: str, variant: str) -> Row | None:
    """An export of this variant, asked for by somebody with the caller's reach."""
    return work.one(
        _FIND,
        study=work.study,
        export=export,
        variant=variant,
        sites=work.principal.sites_setting(),
    )


def heads(work: UnitOfWork, as_of: datetime) -> list[Row]:
    """Where the audit trail's streams stood then; none where the caller's role is blinded."""
    return work.all(_HEADS, as_of=as_of)


def note_fetch(work: UnitOfWork, export: str, file: str) -> None:
    """Write down that the caller fetches a file of an unblinded export."""
    note_by_caller(work, _NOTE_FETCH, "unblinded export fetched", export=export, file=file)


def children(work: UnitOfWork, as_of: datetime, after: str, limit: int) -> list[Row]:
    """The next children in the order of their codes, as they were known then."""
    return work.all(_CHILDREN, study=work.study, as_of=as_of, after=after, limit=limit)


def arms(work: UnitOfWork, as_of: datetime, subjects: list[str]) -> dict[str, str]:
    """Arms by child; none where the caller's role may not know: the database sees to that."""
    rows = work.all(_ARMS, study=work.study, as_of=as_of, subjects=subjects)
    return {row["subject_id"]: row["arm"] for row in rows}
