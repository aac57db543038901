"""Subjects of a document: found, checked against what is to be done, or registered."""

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from services.assessments import errors, subject_service
from services.assessments.domain.rave.document import Document, Subject, Transaction
from services.assessments.domain.rave.oids import subject_uuid
from services.assessments.domain.rave.refusals import Code, RaveRefusedError, Refusal
from services.assessments.domain.rave.registration import IncompleteError, new_subject
from services.assessments.rave import repository
from services.assessments.rave.problems import of_problem
from services.assessments.schemas import Registration
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import NotFound, Problem

_MAKING = frozenset({Transaction.INSERT, Transaction.UPSERT})


def enrol(work: UnitOfWork, document: Document) -> list[tuple[Subject, str]]:
    """Each SubjectData with the subject that it is about; new ones are registered.

    Raises ``RaveRefusedError`` with every fault.
    """
    named = _named(work, document)
    sites = repository.known_subjects(work, [subject for _, subject in named])
    faults: list[Refusal] = []
    for node, subject in named:
        try:
            _settle(work, node, subject, sites, [n for n, s in named if s == subject])
        except RaveRefusedError as refusal:
            faults += refusal.refusals
    if faults:
        raise RaveRefusedError(faults)
    return named


def _named(work: UnitOfWork, document: Document) -> list[tuple[Subject, str]]:
    uuids: dict[str, str] = {}
    if any(node.by_uuid for node in document.subjects):
        uuids = {subject_uuid(work.study, one): one for one in repository.all_subjects(work)}
    return [
        (node, uuids.get(node.key.upper(), node.key) if node.by_uuid else node.key)
        for node in document.subjects
    ]


def _settle(
    work: UnitOfWork,
    node: Subject,
    subject: str,
    sites: dict[str, str],
    nodes: Sequence[Subject],
) -> None:
    if subject in sites:
        if node.transaction is Transaction.INSERT:
            raise RaveRefusedError([Refusal(Code.SUBJECT_EXISTS, node.at)])
        if node.site not in {None, sites[subject]}:
            raise RaveRefusedError([Refusal(Code.SITE_DIFFERS, node.at)])
        return
    if node.transaction not in _MAKING or node.by_uuid:
        raise RaveRefusedError([Refusal(Code.SUBJECT_UNKNOWN, node.at)])
    if node.site is None:
        raise RaveRefusedError([Refusal(Code.SITE_UNKNOWN, node.at, "A new one needs a SiteRef.")])
    _register(work, node, subject, nodes)
    sites[subject] = node.site


def _register(work: UnitOfWork, node: Subject, subject: str, nodes: Sequence[Subject]) -> None:
    try:
        told = new_subject(work.definition(), nodes)
    except IncompleteError as missing:
        raise RaveRefusedError(
            [Refusal(Code.REGISTRATION, node.at, f"Missing or unreadable: {missing}.")]
        ) from None
    content: Mapping[str, object] = {
        "subject": subject,
        "site": node.site,
        "birth_year_month": told.birth_year_month,
        "sex": told.sex,
        "consented_on": told.consented_on,
        "rescreening_of": None,
    }
    try:
        registration = Registration.model_validate(content)
    except ValidationError as error:
        fields = ", ".join(sorted({str(fault["loc"][0]) for fault in error.errors()}))
        words = f"It does not fit: {fields}."
        raise RaveRefusedError([Refusal(Code.REGISTRATION, node.at, words)]) from None
    try:
        subject_service.register_subject(work, registration)
    except NotFound:
        raise RaveRefusedError([Refusal(Code.SITE_UNKNOWN, node.at)]) from None
    except errors.SiteNotOpen:
        raise RaveRefusedError([Refusal(Code.SITE_CLOSED, node.at)]) from None
    except errors.SubjectKnown:
        raise RaveRefusedError([Refusal(Code.SUBJECT_EXISTS, node.at)]) from None
    except Problem as problem:
        raise of_problem(problem, node.at) from None
