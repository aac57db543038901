"""What the safety service does on events of others."""

import uuid

from services.safety import service
from shared.contracts.assessments import AssessmentRecorded
from shared.contracts.envelope import Envelope
from shared.database.unit_of_work import UnitOfWork
from shared.messaging.consumer import Consumer


def take_adverse_event(work: UnitOfWork, event: Envelope) -> None:
    """A form was recorded: a serious adverse event opens a case, a correction of one follows up.

    Corrections come through here also where they say that the event is not serious any more.
    """
    data = AssessmentRecorded.model_validate(event.data)
    safety = work.definition().safety
    if safety is None or data.form != safety.form:
        return
    if data.serious or data.record_version > 1:
        record = uuid.UUID(data.record_id)
        service.take_record(work, record, data.subject_id, data.site, event.time)


CONSUMER = Consumer("safety", {AssessmentRecorded.type: take_adverse_event})
