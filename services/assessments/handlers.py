"""What the assessments service does on events of others."""

from services.assessments import (
    bulk_service,
    derivation_service,
    known_repository,
    submission_service,
)
from services.assessments import subject_repository as repository
from services.assessments.submission_repository import Source
from shared.contracts.assessments import BulkAdvanced
from shared.contracts.envelope import Envelope
from shared.contracts.randomization import SubjectRandomized
from shared.database.unit_of_work import UnitOfWork
from shared.messaging.consumer import Consumer


class SubjectMissing(LookupError):
    """An allocation of a subject that is not here: a person must look at it."""


def note_randomization(work: UnitOfWork, event: Envelope) -> None:
    """A subject was allocated: forms that need it may be filled, and what is derived counts from
    it. A withdrawn subject stays withdrawn.

    Raises ``SubjectMissing``, so that the message comes again and ends as a dead letter.
    """
    data = SubjectRandomized.model_validate(event.data)
    subject = repository.lock_subject(work, data.subject_id)
    if subject is None:
        raise SubjectMissing("there is no such subject")
    if subject["randomized_at"] is None:
        work.because("allocation")
        repository.note_randomization(work, data.subject_id, data.randomized_at)
        _rederive(work, data.subject_id)


def _rederive(work: UnitOfWork, subject: str) -> None:
    submission = submission_service.open_submission(work)
    states = list(submission_service.load_states(work, {subject}).values())
    known = known_repository.known(work, [subject])
    derivation_service.rederive_all(work, states, known, submission, derivation_service.ALLOCATION)
    submission_service.close_submission(work, submission, Source("allocation"))


def advance_bulk(work: UnitOfWork, event: Envelope) -> None:
    """Rows of a bulk submission wait to be written."""
    bulk_service.advance(work, BulkAdvanced.model_validate(event.data).job_id)


CONSUMER = Consumer(
    "assessments",
    {SubjectRandomized.type: note_randomization, BulkAdvanced.type: advance_bulk},
)
