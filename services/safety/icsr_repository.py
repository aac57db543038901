"""SQL of what a report says of the child: subject and country."""

from sqlalchemy import text

from services.safety.repository import Row
from shared.database.unit_of_work import UnitOfWork

_SUBJECT = text("""
    SELECT s.birth_year_month, s.sex, site.country
    FROM assessments.subject_read s
    LEFT JOIN randomization.site_read site USING (study_id, site_id)
    WHERE s.study_id = :study AND s.subject_id = :subject
""")


def subject(work: UnitOfWork, subject_id: str) -> Row | None:
    """Birth month, sex and the country of the site; None where the subject is out of reach."""
    return work.one(_SUBJECT, study=work.study, subject=subject_id)
