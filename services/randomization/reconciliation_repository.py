"""SQL of the reconciliation: the three sides at one instant, and what came of comparing them."""

import json
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from services.randomization.domain.held_values import (
    NOTHING,
    HeldItem,
    products_by_arm,
    read,
    wanted,
)
from services.randomization.domain.reconciliation import (
    Allocated,
    Difference,
    Enrolled,
    SafetyCase,
    Sides,
)
from shared.database.unit_of_work import UnitOfWork
from shared.study import StudyDefinition

Row = Mapping[str, Any]

_STUDIES = text("SELECT every_study FROM randomization.every_study()")
# One statement, so that all sides are of one snapshot: a child that is allocated in between is on
# all of them or on none.
_SIDES = text("""
    SELECT 'allocation' AS side, jsonb_build_object(
        'subject', a.subject_id, 'site', a.site_id, 'arm', a.arm, 'levels', a.levels,
        'true_levels', coalesce(
            (SELECT c.levels FROM randomization.corrected_stratum c
             WHERE c.study_id = a.study_id AND c.subject_id = a.subject_id
             ORDER BY c.version DESC LIMIT 1), a.levels),
        'at', a.randomized_at) AS facts
    FROM randomization.allocation a WHERE a.study_id = :study
    UNION ALL
    SELECT 'subject', jsonb_build_object(
        'subject', s.subject_id, 'site', s.site_id, 'state', s.state,
        'randomized_at', s.randomized_at, 'consented_on', s.consented_on)
    FROM assessments.subject_read s WHERE s.study_id = :study
    UNION ALL
    SELECT 'item', jsonb_build_object(
        'subject', i.subject_id, 'form', i.form, 'item', i.item, 'value', i.value)
    FROM assessments.item_read i
    JOIN unnest(CAST(:forms AS text[]), CAST(:items AS text[])) AS w (form, item)
      ON w.form = i.form AND w.item = i.item
    WHERE i.study_id = :study AND i.value IS NOT NULL
    UNION ALL
    SELECT 'case', jsonb_build_object(
        'number', c.case_number, 'subject', c.subject_id, 'site', c.site_id,
        'product', c.suspect_product)
    FROM safety.case_read c WHERE c.study_id = :study
""")
_COLUMNS = """
    CAST(reconciliation_id AS text) AS reconciliation_id, study_id, reconciled_at, counts, hashes,
    differences
"""
_ADD = text(f"""
    INSERT INTO randomization.reconciliation (study_id, reconciled_at, counts, hashes, differences,
        heads)
    VALUES (:study, :at, CAST(:counts AS jsonb), CAST(:hashes AS jsonb),
            CAST(:differences AS jsonb), CAST(:heads AS jsonb))
    RETURNING {_COLUMNS}
""")  # noqa: S608 (the columns are this module's own)
_LIST = text(f"""
    SELECT {_COLUMNS} FROM randomization.reconciliation r
    WHERE r.study_id = :study
      AND (r.reconciled_at, r.reconciliation_id) > (CAST(:at AS timestamptz), CAST(:id AS uuid))
    ORDER BY r.reconciled_at, r.reconciliation_id LIMIT :limit
""")  # noqa: S608 (the columns are this module's own)


def every_study(connection: Connection) -> list[str]:
    """The ids of all studies, those with closed enrolment too."""
    return [str(study) for study in connection.execute(_STUDIES).scalars()]


def sides(work: UnitOfWork) -> Sides:
    """What randomization, assessments and safety hold of the study now."""
    definition = work.definition()
    names = sorted(wanted(definition))
    rows: dict[str, list[Row]] = {"allocation": [], "subject": [], "item": [], "case": []}
    for row in work.all(
        _SIDES,
        study=work.study,
        forms=[form for form, _ in names],
        items=[item for _, item in names],
    ):
        rows[row["side"]].append(row["facts"])
    return Sides(
        allocations=[Allocated(**{**one, "at": _instant(one["at"])}) for one in rows["allocation"]],
        subjects=_subjects(definition, rows["subject"], rows["item"]),
        cases=[SafetyCase(**one) for one in rows["case"]],
        products=products_by_arm(definition),
    )


def add_reconciliation(
    work: UnitOfWork,
    counts: Mapping[str, int],
    hashes: Mapping[str, Mapping[str, str]],
    differences: Collection[Difference],
    heads: str,
) -> Row:
    told = [
        {"kind": one.kind, "subject": one.subject, "details": dict(one.details)}
        for one in differences
    ]
    row = work.one(
        _ADD,
        study=work.study,
        at=work.now,
        counts=json.dumps(counts),
        hashes=json.dumps(hashes),
        differences=json.dumps(told),
        heads=heads,
    )
    if row is None:
        raise AssertionError("an insert answers its row")
    return row


def list_reconciliations(work: UnitOfWork, after: tuple[datetime, str], limit: int) -> list[Row]:
    """Reconciliations later than ``after`` (instant and id), oldest first."""
    at, reconciliation = after
    return work.all(_LIST, study=work.study, at=at, id=reconciliation, limit=limit)


def _subjects(
    definition: StudyDefinition, subjects: Collection[Row], items: Collection[Row]
) -> list[Enrolled]:
    held = read(definition, [HeldItem(**one) for one in items])
    return [
        Enrolled(
            subject=one["subject"],
            site=one["site"],
            state=one["state"],
            randomized_at=one["randomized_at"] and _instant(one["randomized_at"]),
            held=held.get(one["subject"], NOTHING),
            consented_on=date.fromisoformat(one["consented_on"]),
        )
        for one in subjects
    ]


def _instant(text_of_it: str) -> datetime:
    return datetime.fromisoformat(text_of_it)
