"""SQL of medications recorded for a child, and of what they are in WHODrug."""

import uuid
from collections.abc import Iterable
from datetime import date

from sqlalchemy import text

from services.safety import icsr_repository
from services.safety.domain.concomitants import (
    Medication,
    MedicationForm,
    medication,
    medication_forms,
    taken_at,
)
from services.safety.e2b.terminology.whodrug import DrugName
from services.safety.repository import Row
from shared.database.unit_of_work import UnitOfWork

_CODINGS = text("""
    SELECT DISTINCT ON (record_id) record_id, code, name, atc, dictionary_version
    FROM safety.drug_coding WHERE study_id = :study AND case_id = :case_id
    ORDER BY record_id, number DESC
""")
_ADD = text("""
    INSERT INTO safety.drug_coding (case_id, number, study_id, site_id, subject_id, record_id, code,
        name, atc, dictionary_version, reason, coded_at, actor, actor_role)
    SELECT :case_id, coalesce(max(number), 0) + 1, :study, :site, :subject, :record, :code, :name,
           :atc, :version, :reason, :now, :actor, :actor_role
    FROM safety.drug_coding WHERE study_id = :study AND case_id = :case_id
""")


def medications(work: UnitOfWork, subject: str, form: MedicationForm) -> list[Medication]:
    """The medications of a form as they stand recorded, in a stable order."""
    found = icsr_repository.records(work, subject, form.form, form.items)
    definition = work.definition()
    made = [
        medication(definition, record, items, form)
        for record, items in found.items()
        if form.name in items
    ]
    return sorted(made, key=lambda each: (each.started or "", each.name, str(each.record_id)))


def taken(work: UnitOfWork, subject: str, onsets: Iterable[date | None]) -> list[Medication]:
    """What the child may have taken when one of the events began."""
    began = list(onsets)
    return [
        each
        for form in medication_forms()
        for each in medications(work, subject, form)
        if taken_at(each, began)
    ]


def codings(work: UnitOfWork, case_id: uuid.UUID) -> dict[uuid.UUID, Row]:
    """What each medication of the case was coded as last, by its record."""
    rows = work.all(_CODINGS, study=work.study, case_id=case_id)
    return {row["record_id"]: row for row in rows}


def add_coding(
    work: UnitOfWork, case: Row, record: uuid.UUID, drug: DrugName, version: str, reason: str
) -> None:
    """Write down what a medication is; the caller holds the case."""
    work.execute(
        _ADD,
        case_id=case["case_id"],
        study=work.study,
        site=case["site_id"],
        subject=case["subject_id"],
        record=record,
        code=drug.code,
        name=drug.name,
        atc=drug.atc,
        version=version,
        reason=reason,
        now=work.now,
        actor=work.principal.subject,
        actor_role=work.principal.role,
    )
