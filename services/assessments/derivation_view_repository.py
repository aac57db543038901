"""SQL that reads stored derivations as of a position; derivation_repository writes them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import text

from services.assessments.domain.derivation_history import DerivationHistory, KeptVersion
from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

# A version rests on what reveals the arm where one of its inputs is a record of such a form.
_VERSIONS = """
    SELECT CAST(d.derivation_id AS text) AS derivation_id, d.subject_id, d.site_id, d.name,
           d.pack_id, d.version, d.value, d.status, d.reason, d.content_hash, d.cause,
           EXISTS (SELECT 1 FROM jsonb_array_elements(d.result -> 'inputs') i
                   WHERE i ->> 0 = ANY(:hidden)) AS touched,
           CAST(s.submission_id AS text) AS submission_id, s.position, s.recorded_at, s.actor,
           s.actor_role
    FROM assessments.derivation d JOIN assessments.submission s USING (submission_id)
    WHERE (CAST(:position AS bigint) IS NULL OR s.position <= :position)
"""
_PAGE_OF_IDS = """(
        SELECT f.derivation_id FROM assessments.derivation f
        JOIN assessments.submission fs USING (submission_id)
        WHERE f.study_id = :study AND f.subject_id = :subject AND f.version = 1
          AND (CAST(:position AS bigint) IS NULL OR fs.position <= :position)
          AND (:sees_arm OR NOT f.arm_revealing)
          AND CAST(f.derivation_id AS text) COLLATE "C" > :after
        ORDER BY CAST(f.derivation_id AS text) COLLATE "C" LIMIT :limit)
    ORDER BY CAST(d.derivation_id AS text) COLLATE "C", d.version
"""
_PAGE = text(_VERSIONS + " AND d.derivation_id IN " + _PAGE_OF_IDS)
_ONE = text(
    _VERSIONS
    + """ AND d.study_id = :study AND d.subject_id = :subject
          AND d.derivation_id = CAST(:derivation AS uuid) AND (:sees_arm OR NOT d.arm_revealing)
    ORDER BY d.version"""
)
_RESULT = text("""
    SELECT d.result
    FROM assessments.derivation d JOIN assessments.submission s USING (submission_id)
    WHERE d.study_id = :study AND d.derivation_id = CAST(:derivation AS uuid)
      AND s.position = :position
""")
_POSITION_AT = text("""
    SELECT coalesce(max(position), 0) AS position FROM assessments.submission
    WHERE study_id = :study AND recorded_at <= :at
""")
# Only derivations with a version in between can have moved. A cause is a version that says
# something else than the one before it: that a trace alone changed may be the doing of a record
# that reveals the arm.
_IMPACT = text("""
    WITH touched AS (
        SELECT DISTINCT d.derivation_id
        FROM assessments.submission s JOIN assessments.derivation d USING (submission_id)
        WHERE s.study_id = :study AND s.position > :since AND s.position <= :until
          AND split_part(split_part(d.name, ':', 1), '#', 1) = ANY(:names)
          AND (:sees_arm OR NOT d.arm_revealing)),
    version AS (
        SELECT d.derivation_id, d.version, d.cause, s.position, s.submission_id, s.recorded_at,
               s.actor, s.actor_role, s.kind,
               jsonb_build_object('value', d.value, 'status', d.status, 'reason', d.reason) AS face
        FROM touched JOIN assessments.derivation d USING (derivation_id)
        JOIN assessments.submission s USING (submission_id) WHERE s.position <= :until),
    step AS (
        SELECT v.*, lag(v.face) OVER (PARTITION BY v.derivation_id ORDER BY v.version) AS before
        FROM version v),
    moved AS (
        SELECT derivation_id,
               jsonb_agg(jsonb_build_object('submission_id', submission_id, 'cause', cause,
                   'kind', kind, 'actor', actor, 'role', actor_role, 'recorded_at', recorded_at)
                   ORDER BY version) AS causes,
               (array_agg(before ORDER BY version))[1] AS before,
               (array_agg(face ORDER BY version DESC))[1] AS after
        FROM step WHERE position > :since AND face IS DISTINCT FROM before GROUP BY derivation_id)
    SELECT f.subject_id || ':' || CAST(f.derivation_id AS text) AS place, f.subject_id, f.site_id,
           f.name, CAST(f.derivation_id AS text) AS derivation_id, m.causes, m.before, m.after
    FROM moved m
    JOIN assessments.derivation f ON f.derivation_id = m.derivation_id AND f.version = 1
    WHERE m.after IS DISTINCT FROM m.before
      AND NOT (m.before IS NULL AND m.after ->> 'status' IN ('pending', 'void'))
      AND (f.subject_id || ':' || CAST(f.derivation_id AS text)) COLLATE "C" > :after
    ORDER BY (f.subject_id || ':' || CAST(f.derivation_id AS text)) COLLATE "C" LIMIT :limit
""")


def page(
    work: UnitOfWork,
    subject: str,
    position: int | None,
    hidden: Iterable[str],
    *,
    sees_arm: bool,
    after: str,
    limit: int,
) -> list[DerivationHistory]:
    """Derivations of a subject in the order of their ids, with all versions up to a position."""
    rows = work.all(
        _PAGE,
        study=work.study,
        subject=subject,
        position=position,
        hidden=list(hidden),
        sees_arm=sees_arm,
        after=after,
        limit=limit,
    )
    return _histories(rows)


def one(
    work: UnitOfWork,
    subject: str,
    derivation: str,
    position: int | None,
    hidden: Iterable[str],
    *,
    sees_arm: bool,
) -> DerivationHistory | None:
    """A derivation of a subject with all versions up to a position."""
    rows = work.all(
        _ONE,
        study=work.study,
        subject=subject,
        derivation=derivation,
        position=position,
        hidden=list(hidden),
        sees_arm=sees_arm,
    )
    return next(iter(_histories(rows)), None)


def result_of(work: UnitOfWork, derivation: str, position: int) -> dict[str, Any]:
    """How the version that was written at that position was found, and its pack."""
    row = work.one(_RESULT, study=work.study, derivation=derivation, position=position) or {}
    return dict(row["result"])


def position_at(work: UnitOfWork, at: datetime) -> int:
    """The last position of the study recorded by an instant that has come."""
    return int(work.execute(_POSITION_AT, study=work.study, at=at).scalar_one())


def impact(
    work: UnitOfWork,
    since: int,
    until: int,
    names: Sequence[str],
    *,
    sees_arm: bool,
    after: str,
    limit: int,
) -> list[Row]:
    """Derivations of these names that say something else at ``until`` than at ``since``."""
    return work.all(
        _IMPACT,
        study=work.study,
        since=since,
        until=until,
        names=list(names),
        sees_arm=sees_arm,
        after=after,
        limit=limit,
    )


def _histories(rows: Iterable[Row]) -> list[DerivationHistory]:
    found = []
    for key, group in groupby(rows, key=itemgetter("derivation_id")):
        own = list(group)
        first = own[0]
        versions = tuple(_version(row) for row in own)
        found.append(
            DerivationHistory(
                key,
                first["subject_id"],
                first["site_id"],
                first["name"],
                first["pack_id"],
                versions,
            )
        )
    return found


def _version(row: Row) -> KeptVersion:
    return KeptVersion(
        row["version"],
        (row["value"], row["status"], row["reason"]),
        row["content_hash"],
        row["touched"],
        row["cause"],
        row["submission_id"],
        row["position"],
        row["recorded_at"],
        row["actor"],
        row["actor_role"],
    )
