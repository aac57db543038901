"""SQL of what was given to whom: the doses of the study's form, through assessments' view."""

from collections import defaultdict
from datetime import date

from sqlalchemy import text

from services.safety.icsr_repository import read_day
from shared.database.unit_of_work import UnitOfWork
from shared.study.anchors import RecordAnchor

_DOSES = text("""
    SELECT subject_id, CAST(record_id AS text) AS record_id,
           max(value) FILTER (WHERE item = :day) AS day,
           max(value) FILTER (WHERE item = :product) AS product,
           max(value) FILTER (WHERE item = 'given') AS given
    FROM assessments.item_read
    WHERE study_id = :study AND form = :form AND item IN (:day, :product, 'given')
    GROUP BY subject_id, record_id
    ORDER BY subject_id, record_id
""")


def first_doses(work: UnitOfWork, last: date) -> dict[str, list[tuple[date, str]]]:
    """Doses (day, product) given by ``last``, of each subject in reach who was given any; empty
    where the study does not say how it is known."""
    definition = work.definition()
    rule = definition.analysis.received
    anchor = None if rule is None else definition.anchor(rule.anchor)
    if rule is None or not isinstance(anchor, RecordAnchor):
        return {}
    found: defaultdict[str, list[tuple[date, str]]] = defaultdict(list)
    for row in work.all(
        _DOSES, study=work.study, form=anchor.select.form, day=anchor.select.date,
        product=rule.product,
    ):  # fmt: skip
        day = read_day(row["day"])
        if day is not None and day <= last and row["product"] and row["given"] != "false":
            found[row["subject_id"]].append((day, row["product"]))
    return dict(found)
