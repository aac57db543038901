"""SQL of what a report says of the child: subject and country, and records of a form."""

import uuid
from collections.abc import Collection

from sqlalchemy import text

from services.safety.domain.body_size import Measured, measured, size_forms
from services.safety.repository import Row
from shared.database.unit_of_work import UnitOfWork

_SUBJECT = text("""
    SELECT s.birth_year_month, s.sex, site.country
    FROM assessments.subject_read s
    LEFT JOIN randomization.site_read site USING (study_id, site_id)
    WHERE s.study_id = :study AND s.subject_id = :subject
""")
_ITEMS = text("""
    SELECT record_id, item, value FROM assessments.item_read
    WHERE study_id = :study AND subject_id = :subject AND form = :form AND item = ANY(:items)
      AND value IS NOT NULL
    ORDER BY record_id, item
""")


def subject(work: UnitOfWork, subject_id: str) -> Row | None:
    """Birth month, sex and the country of the site; None where the subject is out of reach."""
    return work.one(_SUBJECT, study=work.study, subject=subject_id)


def records(
    work: UnitOfWork, subject_id: str, form: str, items: Collection[str]
) -> dict[uuid.UUID, dict[str, str]]:
    """What stands recorded of some items of a form, by record, in a stable order."""
    found: dict[uuid.UUID, dict[str, str]] = {}
    rows = work.all(_ITEMS, study=work.study, subject=subject_id, form=form, items=list(items))
    for row in rows:
        found.setdefault(row["record_id"], {})[row["item"]] = row["value"]
    return found


def sizes(work: UnitOfWork, subject_id: str) -> list[Measured]:
    """Every weight and height on record, with its day."""
    found = [
        measured(items, form)
        for form in size_forms()
        for items in records(work, subject_id, form.form, form.items).values()
    ]
    return [each for each in found if each is not None]
