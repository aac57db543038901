"""What the assessments service tells the others."""

from services.assessments.derivation_repository import derivation_id
from services.assessments.domain.history import History
from services.assessments.domain.rederived import Face, Step
from services.assessments.domain.subject_state import SubjectState
from services.assessments.schemas import Registration
from shared.contracts.assessments import (
    AssessmentRecorded,
    BulkAdvanced,
    DerivationChanged,
    Derived,
    InputVersion,
    SubjectRegistered,
)
from shared.study import StudyDefinition


def subject_registered(registration: Registration) -> SubjectRegistered:
    return SubjectRegistered(
        subject_id=registration.subject,
        site=registration.site,
        rescreening_of=registration.rescreening_of,
    )


def assessment_recorded(
    history: History, *, serious: bool, adverse_event: bool
) -> AssessmentRecorded:
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
        adverse_event=adverse_event,
    )


def hidden_forms(definition: StudyDefinition) -> frozenset[str]:
    """Forms that reveal the arm as a whole or by an item: no open event names their records."""
    return frozenset(
        form.id
        for form in definition.forms
        if form.arm_revealing or any(item.arm_revealing for item in form.items)
    )


def derivation_changed(
    study: str,
    state: SubjectState,
    step: Step,
    submission_id: str,
    cause: str,
    hidden: frozenset[str],
) -> DerivationChanged:
    """The event of a derivation that says something new; it names no record of ``hidden`` forms."""
    after = step.after
    return DerivationChanged(
        subject_id=state.subject,
        site=state.site,
        derivation=after.name,
        derivation_id=derivation_id(study, state.subject, after.name),
        before=None if step.before is None else _said(step.before),
        after=_said(after.face),
        cause=cause,
        submission_id=submission_id,
        inputs=tuple(
            InputVersion(record_id=record, version=version)
            for form, record, version, _ in after.trace["inputs"]
            if form not in hidden
        ),
        outcomes=step.outcomes,
        pack=f"{after.pack.id} {after.pack.version}",
    )


def _said(face: Face) -> Derived:
    value, status, reason = face
    return Derived(value=value, status=status, reason=reason)


def bulk_advanced(job_id: str, rows_done: int) -> BulkAdvanced:
    return BulkAdvanced(job_id=job_id, rows_done=rows_done)
