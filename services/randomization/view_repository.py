"""SQL of the views: enrolment, balance, explanation, confirmation, attempts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.randomization.domain.balance import Given
from services.randomization.domain.enrolment import Randomized, Screened
from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

_SITES = text("""
    SELECT site_id, name, country, state FROM randomization.site
    WHERE study_id = :study ORDER BY site_id
""")
_SCREENED = text("""
    SELECT c.site_id AS site, to_char(c.registered_at AT TIME ZONE s.time_zone, 'YYYY-MM') AS month,
           count(*) AS subjects
    FROM randomization.screening c JOIN randomization.site s USING (study_id, site_id)
    WHERE c.study_id = :study GROUP BY 1, 2
""")
_RANDOMIZED = text("""
    SELECT a.site_id AS site, a.country, a.stratum,
           to_char(a.randomized_at AT TIME ZONE s.time_zone, 'YYYY-MM') AS month,
           count(*) AS subjects, count(e.subject_id) AS in_error
    FROM randomization.allocation a
    JOIN randomization.site s USING (study_id, site_id)
    LEFT JOIN randomization.in_error e USING (study_id, site_id, subject_id)
    WHERE a.study_id = :study GROUP BY 1, 2, 3, 4
""")
_GIVEN = text("""
    SELECT a.arm, a.stratum, a.site_id AS site, count(*) AS subjects,
           count(e.subject_id) AS in_error
    FROM randomization.allocation a
    LEFT JOIN randomization.in_error e USING (study_id, site_id, subject_id)
    WHERE a.study_id = :study GROUP BY 1, 2, 3
""")
_EXPLAINED = text("""
    SELECT allocation_id, study_id, subject_id, site_id, randomization_number, arm, source,
           randomized_at, requested_by, gate, explanation, opening
    FROM randomization.allocation WHERE study_id = :study AND subject_id = :subject
""")
_CONFIRMED = text("""
    SELECT a.allocation_id, a.subject_id, a.site_id, s.name AS site_name, a.country, s.time_zone,
           a.randomization_number, a.arm, a.levels, a.randomized_at, a.requested_by, a.source,
           a.list_id, a.explanation ->> 'manifest_sha256' AS manifest_sha256,
           a.opening, a.fake_arm, a.explanation #>> '{minimisation,fake_arm}' AS decided,
           a.definition_version,
           e.marked_at AS in_error_at
    FROM randomization.allocation a
    JOIN randomization.site s USING (study_id, site_id)
    LEFT JOIN randomization.in_error e USING (study_id, site_id, subject_id)
    WHERE a.study_id = :study AND a.subject_id = :subject
""")
_ATTEMPT = """
    SELECT CAST(attempt_id AS text) AS attempt_id, subject_id, site_id, operation, outcome, problem,
           rules, actor, actor_role, request_id, attempted_at
    FROM randomization.attempt WHERE study_id = :study
"""
# The table is of the study: an attempt at another site is written down as well.
_ATTEMPTS = text(_ATTEMPT + """
      AND ((SELECT platform.every_site()) OR site_id = ANY ((SELECT platform.sites())::text[]))
      AND (CAST(:subject AS text) IS NULL OR subject_id = :subject)
      AND (attempted_at, attempt_id) > (CAST(:at AS timestamptz), CAST(:id AS uuid))
    ORDER BY attempt.attempted_at, attempt.attempt_id LIMIT :limit
""")  # fmt: skip
_ATTEMPTS_OF = text(_ATTEMPT + """
      AND subject_id = :subject ORDER BY attempt.attempted_at, attempt.attempt_id
""")  # fmt: skip
_SCHEMA = text("SELECT randomization.schema_version() AS version")


def sites(work: UnitOfWork) -> list[Row]:
    """Every site of the study, whoever asks."""
    return work.all(_SITES, study=work.study)


def screened(work: UnitOfWork) -> list[Screened]:
    return [Screened(**row) for row in work.all(_SCREENED, study=work.study)]


def randomized(work: UnitOfWork) -> list[Randomized]:
    return [Randomized(**row) for row in work.all(_RANDOMIZED, study=work.study)]


def given(work: UnitOfWork) -> list[Given]:
    """Allocations by arm, stratum and site. For readers who may compare arms."""
    return [Given(**row) for row in work.all(_GIVEN, study=work.study)]


def find_explained(work: UnitOfWork, subject: str) -> Row | None:
    return work.one(_EXPLAINED, study=work.study, subject=subject)


def find_confirmed(work: UnitOfWork, subject: str) -> Row | None:
    return work.one(_CONFIRMED, study=work.study, subject=subject)


def attempts(
    work: UnitOfWork, subject: str | None, after: tuple[datetime, str], limit: int
) -> list[Row]:
    """Attempts later than ``after`` (instant and id), oldest first."""
    at, attempt = after
    return work.all(_ATTEMPTS, study=work.study, subject=subject, at=at, id=attempt, limit=limit)


def attempts_of(work: UnitOfWork, subject: str) -> list[Row]:
    return work.all(_ATTEMPTS_OF, study=work.study, subject=subject)


def schema_version(work: UnitOfWork) -> str:
    """The newest migration of every branch."""
    row = work.one(_SCHEMA)
    if row is None:
        raise AssertionError("a function answers one row")
    return str(row["version"])
