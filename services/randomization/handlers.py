"""What the randomization service does on events of others."""

from services.randomization import repository
from shared.contracts.assessments import SubjectRegistered
from shared.contracts.envelope import Envelope
from shared.database.unit_of_work import UnitOfWork
from shared.messaging.consumer import Consumer


def keep_screening_log(work: UnitOfWork, event: Envelope) -> None:
    """A subject was registered: it enters the screening log."""
    data = SubjectRegistered.model_validate(event.data)
    work.because("screening log")
    repository.add_screening(work, data.subject_id, data.site, event.time, data.rescreening_of)


CONSUMER = Consumer("randomization", {SubjectRegistered.type: keep_screening_log})
