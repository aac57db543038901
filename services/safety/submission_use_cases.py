"""Reports recorded by hand: signed, and then as any other report."""

import uuid
from collections.abc import Iterator
from datetime import datetime

from services.safety import repository, service, submission_service, version_service
from services.safety.domain.intake import IntakeFault, later_than, unknown_zone
from services.safety.schemas import Case
from services.safety.submission_schemas import (
    AcknowledgementReceived,
    SubmissionMade,
    SubmissionRecorded,
)
from services.safety.submission_service import Submission
from shared.database.signatures import sign
from shared.database.unit_of_work import UnitOfWork


def submit(work: UnitOfWork, number: str, body: SubmissionMade) -> SubmissionRecorded:
    """Record a report that a person sent, with that person's signature."""
    case = version_service.found(repository.find_case(work, number))
    zone = body.zone or version_service.safety_of(work).receiver_time_zone
    version_service.refuse(
        [
            *later_than("/sent_at", body.sent_at, work.now),
            *_before_anybody_knew(work, case["case_id"], body.sent_at),
            *unknown_zone("/zone", zone),
        ]
    )
    made = sign(
        work,
        table="safety.submission",
        key=f"{case['case_id']}/{work.origin.request_id}",
        content={"case": number, **body.model_dump(mode="json")},
        subject=case["subject_id"],
        site=case["site_id"],
    )
    sent = Submission(
        authority=body.authority,
        obligations=body.obligations,
        sent_at=body.sent_at,
        zone=zone,
        complete=body.complete,
        channel=body.channel,
        reference=body.reference,
    )
    submission = submission_service.record_submission(
        work, number, sent, signature=made.signature_id
    )
    return SubmissionRecorded(submission_id=submission, case_number=number)


def _before_anybody_knew(
    work: UnitOfWork, case_id: uuid.UUID, sent_at: datetime
) -> Iterator[IntakeFault]:
    """A report cannot be older than what it tells; the completion would be counted from it."""
    versions = repository.versions(work, case_id)
    known_at = min(min(each["aware_at"], each["received_at"]) for each in versions)
    if sent_at < known_at:
        words = "This lies before anybody was aware of the case."
        yield IntakeFault("/sent_at", "before-awareness", words)


def acknowledge(
    work: UnitOfWork, number: str, submission: str, body: AcknowledgementReceived
) -> Case:
    """Record the answer to a report."""
    version_service.refuse(list(later_than("/received_at", body.received_at, work.now)))
    submission_service.record_acknowledgement(
        work,
        number,
        submission,
        accepted=body.accepted,
        received_at=body.received_at,
        reference=body.reference,
    )
    return service.read_case(work, number)
