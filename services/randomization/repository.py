"""SQL of sites, of enrolment's state, and of the screening log."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

_SITE = """
    SELECT study_id, site_id, name, country, time_zone, state, opened_at, approved_until
    FROM randomization.site
"""
_FIND_SITE = text(_SITE + " WHERE study_id = :study AND site_id = :site")
_LOCK_SITE = text(_SITE + " WHERE study_id = :study AND site_id = :site FOR NO KEY UPDATE")
_LIST_SITES = text(
    _SITE + " WHERE study_id = :study AND site_id > :after ORDER BY site_id LIMIT :limit"
)
_OPEN_SITE = text("""
    INSERT INTO randomization.site
    VALUES (:study, :site, :name, :country, :time_zone, 'open', :at, :approved_until)
    ON CONFLICT DO NOTHING RETURNING site_id
""")
_CHANGE_SITE = text("""
    UPDATE randomization.site SET state = :state, approved_until = :until
    WHERE study_id = :study AND site_id = :site
""")
_SET_ENROLMENT = text("SELECT before FROM randomization.set_enrolment(:study, :state)")
_ADD_SCREENING = text("""
    INSERT INTO randomization.screening VALUES (:study, :subject, :site, :at, :before)
    ON CONFLICT DO NOTHING
""")


def find_site(work: UnitOfWork, site: str) -> Row | None:
    return work.one(_FIND_SITE, study=work.study, site=site)


def lock_site(work: UnitOfWork, site: str) -> Row | None:
    return work.one(_LOCK_SITE, study=work.study, site=site)


def list_sites(work: UnitOfWork, after: str, limit: int) -> list[Row]:
    return work.all(_LIST_SITES, study=work.study, after=after, limit=limit)


def open_site(work: UnitOfWork, site: Mapping[str, Any]) -> bool:
    """True where the site is new."""
    added = work.execute(_OPEN_SITE, study=work.study, at=work.now, **site)
    return added.one_or_none() is not None


def change_site(work: UnitOfWork, site: str, state: str, until: date | None) -> None:
    work.execute(_CHANGE_SITE, study=work.study, site=site, state=state, until=until)


def set_enrolment(work: UnitOfWork, state: str) -> str:
    """The state before. The study's row stays locked until the transaction ends."""
    row = work.one(_SET_ENROLMENT, study=work.study, state=state)
    if row is None:
        raise AssertionError("the request is in a study")
    return str(row["before"])


def add_screening(
    work: UnitOfWork, subject: str, site: str, at: datetime, before: str | None
) -> None:
    work.execute(_ADD_SCREENING, study=work.study, subject=subject, site=site, at=at, before=before)
