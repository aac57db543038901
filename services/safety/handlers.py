"""What the safety service does on events of others."""

import uuid

from services.safety import events, service
from services.safety.webhooks.notices import announce
from shared.contracts.assessments import AssessmentRecorded
from shared.contracts.envelope import Envelope
from shared.contracts.randomization import SubjectUnblinded
from shared.database.unit_of_work import UnitOfWork
from shared.messaging.consumer import Consumer


def take_adverse_event(work: UnitOfWork, event: Envelope) -> None:
    """An adverse event was recorded: a serious one opens a case, a correction follows up.

    Those that are not serious come through here too: cases are held against them.
    """
    data = AssessmentRecorded.model_validate(event.data)
    safety = work.definition().safety
    if safety is None or data.form != safety.form:
        return
    record = uuid.UUID(data.record_id)
    service.take_record(work, record, data.subject_id, data.site, event.time)


def tell_quality(work: UnitOfWork, event: Envelope) -> None:
    """A masked role broke the glass: quality assurance is told, and reads the rest itself."""
    data = SubjectUnblinded.model_validate(event.data)
    announce(work, events.word_of_broken_glass(data, work.study))


CONSUMER = Consumer(
    "safety", {AssessmentRecorded.type: take_adverse_event, SubjectUnblinded.type: tell_quality}
)
