"""SQL of what a report says of the child: subject, country, doses given."""

from datetime import date

from sqlalchemy import text

from services.safety.repository import Row
from shared.database.unit_of_work import UnitOfWork

_SUBJECT = text("""
    SELECT s.birth_year_month, s.sex, site.country
    FROM assessments.subject_read s
    LEFT JOIN randomization.site_read site USING (study_id, site_id)
    WHERE s.study_id = :study AND s.subject_id = :subject
""")
_RECORDS = text("""
    SELECT CAST(record_id AS text) AS record_id, item, value
    FROM assessments.item_read
    WHERE study_id = :study AND subject_id = :subject AND form = :form
    ORDER BY record_id, item
""")


def subject(work: UnitOfWork, subject_id: str) -> Row | None:
    """Birth month, sex and the country of the site; None where the subject is out of reach."""
    return work.one(_SUBJECT, study=work.study, subject=subject_id)


def records(work: UnitOfWork, subject_id: str, form: str) -> list[dict[str, str]]:
    """The current values of each record of a form, by item."""
    found: dict[str, dict[str, str]] = {}
    for row in work.all(_RECORDS, study=work.study, subject=subject_id, form=form):
        if row["value"] is not None:
            found.setdefault(row["record_id"], {})[row["item"]] = row["value"]
    return list(found.values())


def read_day(value: str | None) -> date | None:
    """A kept date that is known to the day."""
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError:
        return None
