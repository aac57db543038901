"""All SQL about cases and their versions. Facts and obligations have repositories of their own."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.safety.domain.case import CLINICAL, Report
from shared.database.unit_of_work import UnitOfWork, advisory_key

Row = Mapping[str, Any]

_SUBJECT = text("""
    SELECT site_id FROM assessments.subject_read
    WHERE study_id = :study AND subject_id = :subject AND site_id = :site
""")
_BORN = text("""
    SELECT birth_year_month FROM assessments.subject_read
    WHERE study_id = :study AND subject_id = :subject
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
            WHERE o.case_id = c.case_id AND o.state IN ('open', 'handed_off')) AS first_due_at
    FROM safety.safety_case c
    JOIN safety.case_version v ON v.case_id = c.case_id
    WHERE c.study_id = :study
      AND c.number > coalesce((SELECT l.number FROM safety.safety_case l
                               WHERE l.study_id = :study AND l.case_number = :after), 0)
      AND NOT EXISTS (SELECT 1 FROM safety.case_version later
                      WHERE later.case_id = v.case_id AND later.version > v.version)
    ORDER BY c.number LIMIT :limit
""")
_CLINICAL = ", ".join(CLINICAL)
_CLINICAL_GIVEN = ", ".join(f"CAST(:{name} AS jsonb)" for name in CLINICAL)
_CONTENT = f"""event_term, grade, serious, seriousness, onset_on, ended_on, outcome,
    duration, medically_confirmed, aware_at, received_at, received_zone, reporter,
    reporter_qualification, suspect_product, further_products, further_events, narrative,
    special_interest, actions, {_CLINICAL}, significant, record_version, kind, reason, recorded_at,
    actor, actor_role"""
_ADD_VERSION = text(f"""
    INSERT INTO safety.case_version (case_id, version, study_id, site_id, subject_id, {_CONTENT})
    VALUES (:case_id, :version, :study, :site, :subject, :event_term, :grade, :serious,
            :seriousness, :onset_on, :ended_on, :outcome, CAST(:duration AS jsonb),
            :medically_confirmed, :aware_at, :received_at, :received_zone, :reporter,
            :reporter_qualification, :suspect_product, :further_products,
            CAST(:further_events AS jsonb), :narrative, CAST(:special_interest AS jsonb),
            CAST(:actions AS jsonb), {_CLINICAL_GIVEN}, :significant, :record_version, :kind,
            :reason, :recorded_at, :actor, :actor_role)
""")  # noqa: S608 (a constant of this file)
_VERSIONS = text(f"""
    SELECT version, {_CONTENT} FROM safety.case_version
    WHERE study_id = :study AND case_id = :case_id
      AND (CAST(:as_of AS timestamptz) IS NULL OR recorded_at <= :as_of)
    ORDER BY version
""")  # noqa: S608 (a constant of this file)
# Of the same subject, named by the case, or naming it or a number that it was sent under.
_OTHERS = text(f"""
    WITH near AS (
        SELECT case_id FROM safety.safety_case WHERE study_id = :study AND subject_id = :subject
        UNION
        SELECT case_id FROM safety.safety_case
        WHERE study_id = :study AND case_number = ANY(:cited)
        UNION
        SELECT w.case_id FROM safety.case_version w
          CROSS JOIN jsonb_array_elements(w.other_identifiers) AS told
        WHERE w.study_id = :study AND w.other_identifiers IS NOT NULL
          AND (told->>'identifier' = ANY(:cited) OR told->>'identifier' = CAST(:number AS text)
               OR right(told->>'identifier', length(CAST(:number AS text)) + 1)
                  = '-' || CAST(:number AS text))
    )
    SELECT c.case_number, c.subject_id, {_CONTENT}
    FROM near JOIN safety.safety_case c USING (case_id) JOIN safety.case_version v USING (case_id)
    WHERE case_id <> :case_id
      AND NOT EXISTS (SELECT 1 FROM safety.case_version later
                      WHERE later.case_id = v.case_id AND later.version > v.version)
    ORDER BY c.number
""")  # noqa: S608 (a constant of this file)
_EVERY_CASE = text(f"""
    SELECT c.case_id, c.case_number, c.site_id, c.subject_id, c.record_id, v.version, {_CONTENT}
    FROM safety.safety_case c JOIN safety.case_version v USING (case_id)
    WHERE c.study_id = :study
      AND NOT EXISTS (SELECT 1 FROM safety.case_version later
                      WHERE later.case_id = v.case_id AND later.version > v.version)
    ORDER BY c.number
""")  # noqa: S608 (a constant of this file)
_LAST_VERSION = text("""
    SELECT max(version) FROM safety.case_version WHERE study_id = :study AND case_id = :case_id
""")
# Whoever changes a case waits for whoever does so at the moment.
_LOCK_CASE = text("SELECT pg_advisory_xact_lock(:key)")


@dataclass(frozen=True)
class VersionFacts:
    """What a version says of itself beside its content."""

    version: int
    kind: str
    significant: bool
    reason: str | None = None
    record_version: int | None = None


def subject_at_site(work: UnitOfWork, subject: str, site: str) -> bool:
    return work.one(_SUBJECT, study=work.study, subject=subject, site=site) is not None


def birth_month(work: UnitOfWork, subject: str) -> str | None:
    """Year and month of birth (YYYY-MM); None where the subject is out of reach."""
    row = work.one(_BORN, study=work.study, subject=subject)
    return None if row is None else row["birth_year_month"]


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


def lock_case(work: UnitOfWork, case_number: str) -> Row | None:
    """The case, held by this transaction alone until it ends; None where there is none in reach."""
    case = find_case(work, case_number)
    if case is not None:
        work.execute(_LOCK_CASE, key=advisory_key(f"safety case {case['case_id']}"))
    return case


def add_version(work: UnitOfWork, case: Row, report: Report, about: VersionFacts) -> None:
    content = asdict(report)
    further = [asdict(event) for event in report.further_events]
    special = report.special_interest
    work.execute(
        _ADD_VERSION,
        case_id=case["case_id"],
        study=work.study,
        site=case["site_id"],
        subject=case["subject_id"],
        **(
            content
            | {
                "seriousness": list(report.seriousness),
                "further_products": list(report.further_products),
                "further_events": json.dumps(further, default=str),
                "special_interest": None if special is None else json.dumps(asdict(special)),
                "actions": json.dumps(dict(report.actions)),
                "duration": json.dumps(content["duration"]) if content["duration"] else None,
            }
            | {name: json.dumps(content[name]) if content[name] else None for name in CLINICAL}
        ),
        **asdict(about),
        recorded_at=work.now,
        actor=work.principal.subject,
        actor_role=work.principal.role,
    )


def versions(work: UnitOfWork, case_id: uuid.UUID, as_of: datetime | None = None) -> list[Row]:
    """All versions of a case that were recorded by ``as_of``, first to last."""
    return work.all(_VERSIONS, study=work.study, case_id=case_id, as_of=as_of)


def every_case(work: UnitOfWork) -> list[Row]:
    """Every case in reach at its newest version, in the order of their numbers."""
    return work.all(_EVERY_CASE, study=work.study)


def last_version(work: UnitOfWork, case_id: uuid.UUID) -> int:
    found: int = work.execute(_LAST_VERSION, study=work.study, case_id=case_id).scalar_one()
    return found


def other_cases(work: UnitOfWork, case: Row, cited: Sequence[str]) -> list[Row]:
    """The newest versions of the subject's other cases, and of those that the case cites by one of
    these numbers, or that cite it; with their case numbers and subjects."""
    return work.all(
        _OTHERS,
        study=work.study,
        subject=case["subject_id"],
        case_id=case["case_id"],
        number=case["case_number"],
        cited=list(cited),
    )
