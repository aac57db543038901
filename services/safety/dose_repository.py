"""SQL of what was given to whom: the doses of the study's form, through assessments' view."""

from sqlalchemy import text

from services.safety.domain.dosing import Given, doses_given, dosing
from shared.database.unit_of_work import UnitOfWork

_RECORDS = text("""
    SELECT subject_id, jsonb_object_agg(item, value) AS items
    FROM assessments.item_read
    WHERE study_id = :study AND form = :form AND value IS NOT NULL
      AND (CAST(:subject AS text) IS NULL OR subject_id = :subject)
    GROUP BY subject_id, record_id
    ORDER BY subject_id, CAST(record_id AS text) COLLATE "C"
""")


def doses(work: UnitOfWork, subject: str | None = None) -> dict[str, list[Given]]:
    """The doses given, of each subject in reach (or of one) who was given any."""
    definition = work.definition()
    select = dosing(definition)
    if select is None:
        return {}
    records: dict[str, list[dict[str, str]]] = {}
    for row in work.all(_RECORDS, study=work.study, form=select.form, subject=subject):
        records.setdefault(row["subject_id"], []).append(row["items"])
    found = {name: list(doses_given(definition, own)) for name, own in records.items()}
    return {name: own for name, own in found.items() if own}
