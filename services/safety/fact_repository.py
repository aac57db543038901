"""All SQL about the dated facts of cases."""

import json
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from services.safety.domain.facts import Fact
from services.safety.domain.telling import Told
from services.safety.repository import Row
from shared.database.unit_of_work import UnitOfWork

_FACTS = text("""
    SELECT fact_id, number, kind, value, true_at, true_on, received_at, received_zone, recorded_at,
           source, reason, actor, actor_role, supersedes, signature_id
    FROM safety.case_fact WHERE study_id = :study AND case_id = :case_id ORDER BY number
""")
_DUPLICATES = text("""
    SELECT c.case_number FROM safety.case_fact f JOIN safety.safety_case c USING (case_id)
    WHERE f.study_id = :study AND f.kind = 'nullification' AND f.value->>'duplicate_of' = :number
    ORDER BY c.number
""")
_ADD = text("""
    INSERT INTO safety.case_fact
        (fact_id, case_id, number, study_id, site_id, subject_id, kind, value, true_at, true_on,
         received_at, received_zone, recorded_at, source, reason, actor, actor_role, supersedes,
         signature_id)
    SELECT f.fact_id, :case_id, last.number + f.n, :study, :site, :subject, f.kind, f.value,
           f.true_at, f.true_on, f.received_at, f.received_zone, :now, f.source, :reason, :actor,
           :actor_role, f.supersedes, CAST(:signature AS uuid)
    FROM jsonb_to_recordset(CAST(:facts AS jsonb)) AS f
        (n integer, fact_id uuid, kind text, value jsonb, true_at timestamptz, true_on date,
         received_at timestamptz, received_zone text, source text, supersedes uuid)
    CROSS JOIN (SELECT coalesce(max(number), 0) AS number FROM safety.case_fact
                WHERE case_id = :case_id) AS last
    ORDER BY f.n
""")


def rows(work: UnitOfWork, case_id: uuid.UUID) -> list[Row]:
    """Every fact of a case as it is stored, in the order of recording."""
    return work.all(_FACTS, study=work.study, case_id=case_id)


def fact(row: Row) -> Fact:
    """A stored fact as the rules read it."""
    return Fact(
        fact_id=row["fact_id"],
        kind=row["kind"],
        value=row["value"],
        received_at=row["received_at"],
        received_zone=row["received_zone"],
        recorded_at=row["recorded_at"],
        source=row["source"],
        actor=row["actor"],
        true_at=row["true_at"],
        true_on=row["true_on"],
        supersedes=row["supersedes"],
    )


def facts(work: UnitOfWork, case_id: uuid.UUID) -> list[Fact]:
    return [fact(row) for row in rows(work, case_id)]


def duplicates_of(work: UnitOfWork, number: str) -> list[str]:
    """The cases that were nullified as duplicates of a case."""
    rows = work.all(_DUPLICATES, study=work.study, number=number)
    return [row["case_number"] for row in rows]


def add(
    work: UnitOfWork,
    case: Row,
    told: Sequence[Told],
    *,
    reason: str | None = None,
    signature: str | None = None,
) -> list[Fact]:
    """Record facts, in their order; the facts as recorded. The caller holds the case."""
    made = as_recorded(work, told)
    work.execute(
        _ADD,
        case_id=case["case_id"],
        study=work.study,
        site=case["site_id"],
        subject=case["subject_id"],
        facts=json.dumps([_stored(n, each) for n, each in enumerate(made, start=1)]),
        now=work.now,
        reason=reason,
        actor=work.principal.subject,
        actor_role=work.principal.role,
        signature=signature,
    )
    return made


def as_recorded(work: UnitOfWork, told: Sequence[Told]) -> list[Fact]:
    """The facts that would be recorded now; nothing is written."""
    return [_recorded(work, each) for each in told]


def _recorded(work: UnitOfWork, told: Told) -> Fact:
    return Fact(
        fact_id=told.fact_id or uuid.uuid4(),
        kind=told.kind,
        value=told.value,
        received_at=told.received_at,
        received_zone=told.received_zone,
        recorded_at=work.now,
        source=told.source,
        actor=work.principal.subject,
        true_at=told.true_at,
        true_on=told.true_on,
        supersedes=None if told.supersedes is None else told.supersedes.fact_id,
    )


def _stored(number: int, made: Fact) -> dict[str, Any]:
    return {
        "n": number,
        "fact_id": str(made.fact_id),
        "kind": made.kind,
        "value": dict(made.value),
        "true_at": None if made.true_at is None else made.true_at.isoformat(),
        "true_on": None if made.true_on is None else made.true_on.isoformat(),
        "received_at": made.received_at.isoformat(),
        "received_zone": made.received_zone,
        "source": made.source,
        "supersedes": None if made.supersedes is None else str(made.supersedes),
    }
