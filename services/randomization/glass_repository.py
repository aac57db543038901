"""SQL of broken glass."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text

from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]
READ = "read_arm"

_COLUMNS = """CAST(g.break_id AS text) AS break_id, g.study_id, g.site_id, g.subject_id, g.category,
    g.reason, g.broken_by, g.broken_as, g.broken_at, g.expires_at"""
_ADD = text(f"""
    INSERT INTO randomization.broken_glass AS g (study_id, site_id, subject_id, category, reason,
        broken_by, broken_as, broken_at, expires_at, request_id)
    VALUES (:study, :site, :subject, :category, :reason, :actor, :role, :now, :expires_at, :request)
    RETURNING {_COLUMNS}
""")  # noqa: S608 (a constant of this file)
# The one that stays open longest, where somebody broke it twice.
_OPEN = text(f"""
    SELECT {_COLUMNS} FROM randomization.broken_glass g
    WHERE study_id = :study AND subject_id = :subject AND broken_by = :actor AND broken_as = :role
      AND broken_at <= :now AND expires_at > :now
    ORDER BY expires_at DESC, break_id LIMIT 1
""")  # noqa: S608 (a constant of this file)
_HISTORY = text(f"""
    SELECT {_COLUMNS}, r.reads, r.last_read_at FROM randomization.broken_glass g
    CROSS JOIN LATERAL (
        SELECT count(*) AS reads, max(read_at) AS last_read_at FROM randomization.unblinded_read
        WHERE study_id = g.study_id AND operation = '{READ}'
          AND about = g.subject_id || '/' || g.break_id) r
    WHERE g.study_id = :study
      AND (g.broken_at, g.break_id) > (CAST(:at AS timestamptz), CAST(:id AS uuid))
    ORDER BY g.broken_at, g.break_id LIMIT :limit
""")  # noqa: S608 (a constant of this file)


def add(work: UnitOfWork, allocation: Row, category: str, reason: str, expires_at: datetime) -> Row:
    """The row of a break that happens now."""
    row = work.one(
        _ADD,
        study=work.study,
        site=allocation["site_id"],
        subject=allocation["subject_id"],
        category=category,
        reason=reason,
        actor=work.principal.subject,
        role=work.principal.role,
        now=work.now,
        expires_at=expires_at,
        request=work.origin.request_id,
    )
    if row is None:
        raise AssertionError("an insert answers its row")
    return row


def find_open(work: UnitOfWork, subject: str) -> Row | None:
    """The caller's own break that is open now."""
    return work.one(
        _OPEN,
        study=work.study,
        subject=subject,
        actor=work.principal.subject,
        role=work.principal.role,
        now=work.now,
    )


def history(work: UnitOfWork, after: tuple[datetime, str], limit: int) -> list[Row]:
    """Breaks later than ``after`` (instant and id), oldest first."""
    at, break_id = after
    return work.all(_HISTORY, study=work.study, at=at, id=break_id, limit=limit)
