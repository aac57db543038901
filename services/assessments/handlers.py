"""What the assessments service does on events of others."""

from services.assessments import subject_repository as repository
from shared.contracts.envelope import Envelope
from shared.contracts.randomization import SubjectRandomized
from shared.database.unit_of_work import UnitOfWork
from shared.messaging.consumer import Consumer


class SubjectMissing(LookupError):
    """An allocation of a subject that is not here: a person must look at it."""


def note_randomization(work: UnitOfWork, event: Envelope) -> None:
    """A subject was allocated: forms that need it may be filled. A withdrawn one stays withdrawn.

    Raises ``SubjectMissing``, so that the message comes again and ends as a dead letter.
    """
    data = SubjectRandomized.model_validate(event.data)
    subject = repository.lock_subject(work, data.subject_id)
    if subject is None:
        raise SubjectMissing("there is no such subject")
    if subject["randomized_at"] is None:
        work.because("allocation")
        repository.note_randomization(work, data.subject_id, data.randomized_at)


CONSUMER = Consumer("assessments", {SubjectRandomized.type: note_randomization})
