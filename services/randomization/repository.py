"""All SQL of the randomization service."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.randomization.domain.slots import Slot
from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

_SITE = """
    SELECT study_id, site_id, name, country, time_zone, state, opened_at FROM randomization.site
"""
_FIND_SITE = text(_SITE + " WHERE study_id = :study AND site_id = :site")
_LIST_SITES = text(
    _SITE + " WHERE study_id = :study AND site_id > :after ORDER BY site_id LIMIT :limit"
)
_OPEN_SITE = text("""
    INSERT INTO randomization.site
    VALUES (:study, :site, :name, :country, :time_zone, 'open', :at)
    ON CONFLICT DO NOTHING RETURNING site_id
""")
_ACTIVE_LIST = text("""
    SELECT list_id FROM randomization.list WHERE study_id = :study AND state = 'active'
""")
_LOAD_LIST = text("""
    SELECT randomization.load_list(
        :study, :list_id, :method, :hash, :at, :labels, :positions, :arms)
""")
_GATE = text("""
    SELECT s.site_id, s.state, s.consented_on, site.time_zone, a.content_hash AS allocated_on_hash
    FROM assessments.subject_read s
    LEFT JOIN randomization.site site ON site.study_id = s.study_id AND site.site_id = s.site_id
    LEFT JOIN randomization.allocation a
      ON a.study_id = s.study_id AND a.subject_id = s.subject_id
    WHERE s.study_id = :study AND s.subject_id = :subject
""")
_ALLOCATION = """
    SELECT allocation_id, study_id, subject_id, site_id, randomization_number, arm, stratum,
           list_id, definition_version, randomized_at
    FROM randomization.allocation
"""
_FIND_ALLOCATION = text(_ALLOCATION + " WHERE study_id = :study AND subject_id = :subject")
_LIST_ALLOCATIONS = text(
    _ALLOCATION
    + " WHERE study_id = :study AND subject_id > :after ORDER BY subject_id LIMIT :limit"
)
# take_slot locks study, site and stratum and takes the next number; see its migration.
_ALLOCATE = text("""
    INSERT INTO randomization.allocation
        (study_id, subject_id, site_id, randomization_number, list_id, stratum, arm, randomized_at,
         requested_by, gate, content_hash, definition_version)
    SELECT :study, :subject, :site, :number, taken.list_id, :stratum, taken.arm, :at,
           :actor, CAST(:gate AS jsonb), :hash, :version
    FROM randomization.take_slot(:study, :site, :stratum, :subject) AS taken
    RETURNING allocation_id, study_id, subject_id, site_id, randomization_number, arm, stratum,
              list_id, definition_version, randomized_at
""")
_ADD_SCREENING = text("""
    INSERT INTO randomization.screening VALUES (:study, :subject, :site, :at)
    ON CONFLICT DO NOTHING
""")
_ENROLMENT = text("""
    SELECT site.site_id, count(DISTINCT c.subject_id) AS screened,
           count(DISTINCT a.subject_id) AS randomized
    FROM randomization.site site
    LEFT JOIN randomization.screening c USING (study_id, site_id)
    LEFT JOIN randomization.allocation a USING (study_id, site_id)
    WHERE site.study_id = :study GROUP BY site.site_id ORDER BY site.site_id
""")


def find_site(work: UnitOfWork, site: str) -> Row | None:
    return work.one(_FIND_SITE, study=work.study, site=site)


def list_sites(work: UnitOfWork, after: str, limit: int) -> list[Row]:
    return work.all(_LIST_SITES, study=work.study, after=after, limit=limit)


def open_site(work: UnitOfWork, *, site: str, name: str, country: str, time_zone: str) -> bool:
    """True where the site is new."""
    added = work.execute(
        _OPEN_SITE,
        study=work.study,
        site=site,
        name=name,
        country=country,
        time_zone=time_zone,
        at=work.now,
    )
    return added.one_or_none() is not None


def active_list(work: UnitOfWork) -> str | None:
    row = work.one(_ACTIVE_LIST, study=work.study)
    return None if row is None else str(row["list_id"])


def load_list(
    work: UnitOfWork, list_id: str, method: str, content_hash: str, slots: Sequence[Slot]
) -> None:
    work.execute(
        _LOAD_LIST,
        study=work.study,
        list_id=list_id,
        method=method,
        hash=content_hash,
        at=work.now,
        labels=[slot.label for slot in slots],
        positions=[slot.position for slot in slots],
        arms=[slot.arm for slot in slots],
    )


def read_gate(work: UnitOfWork, subject: str) -> Row | None:
    """What is known of a subject at the gate, and on which content it was allocated if it was."""
    return work.one(_GATE, study=work.study, subject=subject)


def find_allocation(work: UnitOfWork, subject: str) -> Row | None:
    return work.one(_FIND_ALLOCATION, study=work.study, subject=subject)


def list_allocations(work: UnitOfWork, after: str, limit: int) -> list[Row]:
    return work.all(_LIST_ALLOCATIONS, study=work.study, after=after, limit=limit)


def allocate(
    work: UnitOfWork,
    *,
    subject: str,
    site: str,
    number: str,
    stratum: str,
    gate: Mapping[str, Any],
    content_hash: str,
) -> Row:
    """Take the next slot of the stratum and record the allocation."""
    row = work.one(
        _ALLOCATE,
        study=work.study,
        subject=subject,
        site=site,
        number=number,
        stratum=stratum,
        at=work.now,
        actor=work.principal.subject,
        gate=json.dumps(gate),
        hash=content_hash,
        version=work.definition().version,
    )
    if row is None:
        raise AssertionError("take_slot answers one row or raises")
    return row


def add_screening(work: UnitOfWork, subject: str, site: str, at: datetime) -> None:
    work.execute(_ADD_SCREENING, study=work.study, subject=subject, site=site, at=at)


def enrolment(work: UnitOfWork) -> list[Row]:
    return work.all(_ENROLMENT, study=work.study)
