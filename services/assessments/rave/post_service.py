"""Takes a document: all of it or nothing, in the caller's transaction."""

import uuid

from services.assessments import repository as records
from services.assessments import submission_repository, submission_service
from services.assessments.domain.rave import response
from services.assessments.domain.rave.document import Document
from services.assessments.domain.rave.ledger import Standing
from services.assessments.domain.rave.oids import serves, study_oid
from services.assessments.domain.rave.plan import asks_of_records, plan
from services.assessments.domain.rave.refusals import Code, RaveRefusedError, Refusal
from services.assessments.domain.rave.steps import Plan, RecordStep
from services.assessments.domain.row import Row
from services.assessments.domain.sight import Sight
from services.assessments.rave import repository
from services.assessments.rave.beside_service import apply_beside
from services.assessments.rave.enrolment_service import enrol
from services.assessments.rave.problems import of_faults
from shared.database.idempotency import Answer
from shared.database.unit_of_work import UnitOfWork
from shared.identity.matrix import matrix

KIND = "rave"


def take(work: UnitOfWork, document: Document) -> Answer:
    """Store what the document says and answer as Rave does. Raises ``RaveRefusedError``."""
    _check_study(work, document)
    prior = document.prior_file_oid
    if prior is not None and not repository.was_processed(work, prior):
        raise RaveRefusedError([Refusal(Code.PRIOR_UNKNOWN, "/ODM")])
    named = enrol(work, document)
    sight = Sight(work.definition(), matrix().roles[work.principal.role].sees_arm)
    subjects = {subject for _, subject in named}
    owners = submission_repository.lock_subjects(work, subjects)
    standing = _standing(work, document, subjects)
    steps = plan(sight, named, standing)
    source = submission_repository.Source(
        KIND, document.originator or None, document.file_oid, prior, document.content_hash
    )
    written = submission_service.write(
        work, [_row(step, document) for step in steps.records], source, atomic=True, owners=owners
    )
    faults = [
        refusal
        for step, outcome in zip(steps.records, written.outcomes, strict=True)
        for refusal in of_faults(step, outcome.faults)
    ]
    if faults:
        raise RaveRefusedError(faults)
    apply_beside(work, steps)
    reference = written.submission_id or str(uuid.uuid4())
    repository.add_file(work, reference, document)
    site = str(owners[named[-1][1]]["site_id"])
    return _answer(work, reference, document, steps, site)


def _check_study(work: UnitOfWork, document: Document) -> None:
    mode = work.mode or repository.mode(work)
    for node in document.subjects:
        oid = study_oid(node.study_oid)
        if oid is None or oid.study != work.study or not serves(mode, oid):
            place = node.at.rpartition("/")[0]
            raise RaveRefusedError([Refusal(Code.STUDY_UNKNOWN, place)])


def _standing(work: UnitOfWork, document: Document, subjects: set[str]) -> dict[str, Standing]:
    if not asks_of_records(document):
        return {subject: Standing(subject) for subject in subjects}
    found = records.histories_of(work, subjects)
    return {
        subject: Standing(subject, tuple(each for each in found if each.subject == subject))
        for subject in subjects
    }


def _row(step: RecordStep, document: Document) -> Row:
    form, visit, repeat = step.place
    # An EDC keeps its own reasons; one that sends a correction without any is told so for ever.
    untold = f"Received from {document.originator or 'the sender'}, which gave no reason"
    return Row(
        subject=step.subject,
        form=form,
        visit=visit,
        repeat=repeat,
        items=step.items,
        reason="; ".join(step.reasons) or untold,
    )


def _answer(work: UnitOfWork, reference: str, document: Document, steps: Plan, site: str) -> Answer:
    in_study, at_site = repository.numbers(work, site)
    body = response.success(reference, document.file_oid, steps.touched, in_study, at_site)
    return Answer(200, body, {})
