"""Searching the sponsor's dictionaries; what was taken beside the treatment, and what it is."""

import uuid
from collections.abc import Sequence

from services.safety import drug_repository, errors, repository, version_service
from services.safety.contents import of_row
from services.safety.dictionary_service import needed_drugs, needed_terms
from services.safety.domain.concomitants import Medication
from services.safety.drug_schemas import (
    Concomitant,
    Concomitants,
    DrugCoded,
    DrugCoding,
    DrugFound,
    DrugsFound,
    TermFound,
    TermsFound,
)
from services.safety.e2b.terminology import configured
from services.safety.e2b.terminology.asc import TerminologyError
from services.safety.repository import Row
from services.safety.unblinded_repository import note_logged_read
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import FieldError


def search_terms(words: str, most: int) -> TermsFound:
    """Raises ``NoTerminology``, ``DictionaryDamaged``."""
    terms = needed_terms()
    return TermsFound(
        version=terms.version,
        items=[
            TermFound(
                code=each.code,
                name=each.name,
                preferred_term=each.preferred_name,
                organ_class=each.organ_class,
            )
            for each in terms.search(words, most)
        ],
    )


def search_drugs(words: str, most: int) -> DrugsFound:
    """Raises ``NoDrugDictionary``, ``DictionaryDamaged``."""
    drugs = needed_drugs()
    return DrugsFound(
        version=drugs.version,
        items=[
            DrugFound(code=each.code, name=each.name, atc=each.atc)
            for each in drugs.search(words, most)
        ],
    )


def list_concomitants(work: UnitOfWork, number: str) -> Concomitants:
    """What the child may have taken when an event began, as recorded, with its codes.

    Raises ``NotFound``.
    """
    case = version_service.found(repository.find_case(work, number))
    note_logged_read(work, "safety.list_concomitants", number)
    try:
        drugs = configured.drug_dictionary()
    except TerminologyError:  # what is coded can be read without it
        drugs = None
    codes = drug_repository.codings(work, case["case_id"])
    return Concomitants(
        terminology=None if drugs is None else drugs.version,
        items=[
            Concomitant(
                record_id=str(each.record_id),
                name=each.name,
                started=each.started,
                ended=each.ended,
                coded=_coded(codes.get(each.record_id)),
            )
            for each in _taken(work, case, repository.versions(work, case["case_id"]))
        ],
    )


def code_drug(work: UnitOfWork, number: str, body: DrugCoding) -> DrugCoded:
    """Code a medication of the case by the loaded version; an earlier code stays in the past.

    Raises ``NotFound``, ``CaseNullified``, ``NoDrugDictionary``, ``DictionaryDamaged``,
    ``CodingRefused``.
    """
    drugs = needed_drugs()
    case, rows, _ = version_service.changeable(work, number)
    record = uuid.UUID(body.record_id)
    if all(each.record_id != record for each in _taken(work, case, rows)):
        raise _refused("/record_id", "drug-unknown", "The case has no such medication.")
    if body.version != drugs.version:
        words = f"WHODrug {drugs.version} is loaded: search it for the code."
        raise _refused("/version", "version-not-loaded", words)
    drug = drugs.drug(body.code)
    if drug is None:
        words = f"WHODrug {drugs.version} has no such drug code."
        raise _refused("/code", "drug-code-unknown", words)
    work.because(body.reason)
    drug_repository.add_coding(work, case, record, drug, drugs.version, body.reason)
    return DrugCoded(code=drug.code, name=drug.name, atc=drug.atc, version=drugs.version)


def _taken(work: UnitOfWork, case: Row, versions: Sequence[Row]) -> list[Medication]:
    onsets = [event.onset_on for event in of_row(versions[-1]).events]
    return drug_repository.taken(work, case["subject_id"], onsets)


def _coded(row: Row | None) -> DrugCoded | None:
    if row is None:
        return None
    return DrugCoded(
        code=row["code"], name=row["name"], atc=row["atc"], version=row["dictionary_version"]
    )


def _refused(pointer: str, code: str, detail: str) -> errors.CodingRefused:
    return errors.CodingRefused(errors=[FieldError(pointer, code, detail)])
