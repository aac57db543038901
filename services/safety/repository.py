"""All SQL about cases and what they owe. The webhooks' is in ``webhooks/repository.py``."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import text

from services.safety.domain.case import Report
from services.safety.domain.clocks import Obligation
from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

_SUBJECT = text("""
    SELECT site_id FROM assessments.subject_read
    WHERE study_id = :study AND subject_id = :subject AND site_id = :site
""")
_ITEMS = text("""
    SELECT item, value, version FROM assessments.item_read
    WHERE study_id = :study AND record_id = :record
""")
_LOCK_NUMBERS = text("""
    INSERT INTO safety.case_number AS n VALUES (:study, 0)
    ON CONFLICT (study_id) DO UPDATE SET last = n.last
""")
_TAKE_NUMBER = text("""
    INSERT INTO safety.case_number AS n VALUES (:study, 1)
    ON CONFLICT (study_id) DO UPDATE SET last = n.last + 1 RETURNING last
""")
_ADD_CASE = text("""
    INSERT INTO safety.safety_case
        (case_id, study_id, site_id, subject_id, number, case_number, origin, record_id, opened_at)
    VALUES (gen_random_uuid(), :study, :site, :subject, :number, :case_number, :origin, :record,
            :at)
    RETURNING case_id
""")
_CASE = """
    SELECT c.case_id, c.study_id, c.site_id, c.subject_id, c.number, c.case_number, c.origin,
           c.record_id, c.opened_at
    FROM safety.safety_case c
"""
_FIND_CASE = text(_CASE + " WHERE c.study_id = :study AND c.case_number = :case_number")
_FIND_CASE_OF_RECORD = text(_CASE + " WHERE c.study_id = :study AND c.record_id = :record")
_LIST_CASES = text("""
    SELECT c.case_id, c.study_id, c.site_id, c.subject_id, c.case_number, c.origin, c.opened_at,
           v.version, v.event_term, v.grade, v.serious, v.seriousness, v.received_at,
           (SELECT min(o.due_at) FROM safety.obligation o
            WHERE o.case_id = c.case_id AND o.state = 'open') AS first_due_at
    FROM safety.safety_case c
    JOIN safety.case_version v ON v.case_id = c.case_id
    WHERE c.study_id = :study
      AND c.number > coalesce((SELECT l.number FROM safety.safety_case l
                               WHERE l.study_id = :study AND l.case_number = :after), 0)
      AND NOT EXISTS (SELECT 1 FROM safety.case_version later
                      WHERE later.case_id = v.case_id AND later.version > v.version)
    ORDER BY c.number LIMIT :limit
""")
_ADD_VERSION = text("""
    INSERT INTO safety.case_version
        (case_id, version, study_id, site_id, subject_id, event_term, grade, serious, seriousness,
         onset_on, aware_at, received_at, received_zone, reporter, suspect_product, narrative,
         significant, record_version)
    VALUES (:case_id, :version, :study, :site, :subject, :event_term, :grade, :serious,
            :seriousness, :onset_on, :aware_at, :received_at, :received_zone, :reporter,
            :suspect_product, :narrative, :significant, :record_version)
""")
_VERSIONS = text("""
    SELECT version, event_term, grade, serious, seriousness, onset_on, aware_at, received_at,
           received_zone, reporter, suspect_product, narrative, significant, record_version
    FROM safety.case_version WHERE study_id = :study AND case_id = :case_id ORDER BY version
""")
_OBLIGATIONS = text("""
    SELECT obligation_id, clock_id, rule_version, label, authority, regulation, verified_by,
           day_zero, due_on, due_at, due_zone, provisional, reason, state
    FROM safety.obligation WHERE study_id = :study AND case_id = :case_id
    ORDER BY due_at, clock_id
""")
# An obligation that stands already keeps its dates; only what it rests on may have been said since.
_KEEP_OBLIGATION = text("""
    INSERT INTO safety.obligation AS kept
        (obligation_id, case_id, study_id, site_id, subject_id, clock_id, rule_version, label,
         authority, regulation, verified_by, day_zero, due_on, due_at, due_zone, provisional,
         reason, state)
    VALUES (:obligation_id, :case_id, :study, :site, :subject, :clock_id, :rule_version, :label,
            :authority, :regulation, :verified_by, :day_zero, :due_on, :due_at, :zone,
            :provisional, :reason, 'open')
    ON CONFLICT (obligation_id) DO UPDATE
        SET provisional = excluded.provisional, reason = excluded.reason
        WHERE (kept.provisional, kept.reason) <> (excluded.provisional, excluded.reason)
""")
_SUPERSEDE = text("""
    UPDATE safety.obligation SET state = 'superseded'
    WHERE study_id = :study AND case_id = :case_id AND clock_id = :clock_id
      AND obligation_id <> :obligation_id AND state = 'open'
""")


def subject_at_site(work: UnitOfWork, subject: str, site: str) -> bool:
    return work.one(_SUBJECT, study=work.study, subject=subject, site=site) is not None


def record_items(work: UnitOfWork, record: uuid.UUID) -> tuple[dict[str, str | None], int]:
    """The newest items of a record, and the newest version among them (0: no such record)."""
    rows = work.all(_ITEMS, study=work.study, record=record)
    newest = max((int(row["version"]) for row in rows), default=0)
    return {row["item"]: row["value"] for row in rows}, newest


def lock_numbers(work: UnitOfWork) -> None:
    """One opening of a case at a time in a study, until the transaction ends."""
    work.execute(_LOCK_NUMBERS, study=work.study)


def add_case(
    work: UnitOfWork, subject: str, site: str, origin: str, record: uuid.UUID | None = None
) -> Row:
    """A case without versions yet, under the study's next number."""
    number = int(work.execute(_TAKE_NUMBER, study=work.study).scalar_one())
    case_number = f"{work.study}-{number:04d}"
    work.execute(
        _ADD_CASE,
        study=work.study,
        site=site,
        subject=subject,
        number=number,
        case_number=case_number,
        origin=origin,
        record=record,
        at=work.now,
    )
    return find_case(work, case_number) or {}


def find_case(work: UnitOfWork, case_number: str) -> Row | None:
    return work.one(_FIND_CASE, study=work.study, case_number=case_number)


def find_case_of_record(work: UnitOfWork, record: uuid.UUID) -> Row | None:
    return work.one(_FIND_CASE_OF_RECORD, study=work.study, record=record)


def list_cases(work: UnitOfWork, after: str, limit: int) -> list[Row]:
    return work.all(_LIST_CASES, study=work.study, after=after, limit=limit)


def add_version(work: UnitOfWork, case: Row, report: Report, version: Row) -> None:
    """``version`` gives its number, whether it is significant, and the record's version."""
    work.execute(
        _ADD_VERSION,
        case_id=case["case_id"],
        study=work.study,
        site=case["site_id"],
        subject=case["subject_id"],
        **(asdict(report) | {"seriousness": list(report.seriousness)}),
        **version,
    )


def versions(work: UnitOfWork, case_id: uuid.UUID) -> list[Row]:
    """All versions of a case, first to last."""
    return work.all(_VERSIONS, study=work.study, case_id=case_id)


def obligations(work: UnitOfWork, case_id: uuid.UUID) -> list[Row]:
    """What a case owes or owed, earliest due first."""
    return work.all(_OBLIGATIONS, study=work.study, case_id=case_id)


def keep_obligations(work: UnitOfWork, case: Row, due: Sequence[Obligation]) -> None:
    """Open what is owed; where a clock's Day 0 moved, its earlier obligation is superseded."""
    for obligation in due:
        work.execute(
            _SUPERSEDE,
            study=work.study,
            case_id=case["case_id"],
            clock_id=obligation.clock_id,
            obligation_id=obligation.obligation_id,
        )
        work.execute(
            _KEEP_OBLIGATION,
            case_id=case["case_id"],
            study=work.study,
            site=case["site_id"],
            subject=case["subject_id"],
            **asdict(obligation),
        )
