"""What the assessments service tells the others."""

from services.assessments.domain.history import History
from services.assessments.schemas import Registration
from shared.contracts.assessments import AssessmentRecorded, SubjectRegistered


def subject_registered(registration: Registration) -> SubjectRegistered:
    return SubjectRegistered(
        subject_id=registration.subject,
        site=registration.site,
        rescreening_of=registration.rescreening_of,
    )


def assessment_recorded(history: History, *, serious: bool) -> AssessmentRecorded:
    """The event of a record's latest version, of which ``history`` is what every role sees."""
    return AssessmentRecorded(
        subject_id=history.subject,
        site=history.site,
        record_id=history.record_id,
        form=history.form,
        visit=history.visit,
        repeat=history.repeat,
        record_version=history.latest.number,
        observed_on=history.latest.observed_on,
        serious=serious,
    )
