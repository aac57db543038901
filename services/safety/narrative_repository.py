"""All SQL about signed narratives."""

import uuid

from sqlalchemy import text

from services.safety.repository import Row
from shared.database.unit_of_work import UnitOfWork

_ADD = text("""
    INSERT INTO safety.narrative (narrative_id, case_id, version, study_id, site_id, subject_id,
        template, template_version, body, signature_id, signed_at)
    VALUES (:narrative, :case_id, :version, :study, :site, :subject, :template, :template_version,
        :body, CAST(:signature AS uuid), :now)
""")
_OF_CASE = text("""
    SELECT narrative_id, version, template, template_version, body, signature_id, signed_at
    FROM safety.narrative WHERE study_id = :study AND case_id = :case_id
    ORDER BY signed_at, narrative_id
""")


def add(work: UnitOfWork, case: Row, narrative: Row) -> None:
    """``narrative`` gives its id, the case's version, the template, the text and the signature."""
    work.execute(
        _ADD,
        case_id=case["case_id"],
        study=work.study,
        site=case["site_id"],
        subject=case["subject_id"],
        now=work.now,
        **narrative,
    )


def of_case(work: UnitOfWork, case_id: uuid.UUID) -> list[Row]:
    """The signed narratives of a case, first to last."""
    return work.all(_OF_CASE, study=work.study, case_id=case_id)
