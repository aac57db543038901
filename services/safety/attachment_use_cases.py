"""Documents of a child that reports name: taken as they come, given back as they are."""

import hashlib

from services.safety import attachment_repository, errors, repository, version_service
from services.safety.attachment_repository import Place
from services.safety.attachment_schemas import AttachmentOf, AttachmentShown
from services.safety.contents import of_row
from services.safety.domain.attachments import Attachment, faults
from services.safety.domain.case import attachments_of
from services.safety.unblinded_repository import note_logged_read
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import FieldError, NotFound


def add_attachment(work: UnitOfWork, of: AttachmentOf, attachment: Attachment) -> AttachmentShown:
    """Keep a document of a child. The same bytes again are the same attachment.

    Raises ``AttachmentRefused``, ``SubjectUnknown``.
    """
    found = [FieldError(pointer, code, words) for pointer, code, words in faults(attachment)]
    if found:
        raise errors.AttachmentRefused(errors=found)
    if not repository.subject_at_site(work, of.subject, of.site):
        detail = "There is no such subject at this site."
        raise errors.SubjectUnknown(errors=[FieldError("/subject", "subject-unknown", detail)])
    sha256 = hashlib.sha256(attachment.content).hexdigest()
    kept = attachment_repository.add(work, Place(of.subject, of.site), sha256, attachment)
    return AttachmentShown.model_validate(dict(kept))


def read_attachment(work: UnitOfWork, number: str, sha256: str) -> Attachment:
    """An attachment that a version of the case names.

    Raises ``NotFound``: of another case it is not found, even of the same child.
    """
    case = version_service.found(repository.find_case(work, number))
    versions = repository.versions(work, case["case_id"])
    named = {name for row in versions for _, name in attachments_of(of_row(row))}
    if sha256 not in named:
        raise NotFound
    note_logged_read(work, "safety.read_attachment", number)
    return attachment_repository.contents(work, case["subject_id"], [sha256])[sha256]
