"""Locking and unlocking all records of a subject at once.

Whoever locks may be kept from knowing the arm, and a casebook holds records that reveal it: they
are locked with the others, unseen. So nothing that is answered depends on how many records there
are, nor on whether there was anything left to do.
"""

from services.assessments import flag_repository, flag_signing, repository
from services.assessments.domain.flags import (
    Action,
    FlagEvent,
    Flags,
    FlagStepError,
    check_step,
    flags_of,
)
from services.assessments.domain.history import History
from services.assessments.errors import FLAG_STEPS
from services.assessments.flag_schemas import CasebookStep, Lock, UnlockDecision
from services.assessments.flag_service import Step, write
from services.assessments.subject_repository import lock_subject
from services.assessments.subject_service import found
from services.assessments.submission_repository import Source
from services.assessments.submission_service import close_submission, open_submission
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import SignatureRequired

SOURCE = Source("flag")


def lock(work: UnitOfWork, subject: str, body: Lock) -> CasebookStep:
    """Lock every record of the subject that is not locked."""
    return _take(work, subject, "lock", body.reason)


def request_unlock(work: UnitOfWork, subject: str, body: Lock) -> CasebookStep:
    """Ask for every locked record of the subject to be unlocked; a second person decides."""
    return _take(work, subject, "request-unlock", body.reason)


def decide_unlock(work: UnitOfWork, subject: str, body: UnlockDecision) -> CasebookStep:
    """Decide, as another person, on every unlocking that was asked for. Approval is signed, once.

    Raises ``SecondPersonNeeded`` where one of them was asked for by who decides.
    """
    if body.decision == "approve" and work.signature is None:
        raise SignatureRequired
    return _take(work, subject, f"{body.decision}-unlock", body.reason)  # type: ignore[arg-type]


def _take(work: UnitOfWork, subject: str, action: Action, reason: str) -> CasebookStep:
    owner = found(lock_subject(work, subject))
    histories = repository.histories_of(work, [subject])
    events = flag_repository.events_of(work, [each.record_id for each in histories])
    known = {each.record_id: tuple(events.get(each.record_id, ())) for each in histories}
    possible = [
        (each, flags_of(known[each.record_id]))
        for each in histories
        if _is_possible(work, flags_of(known[each.record_id]), action)
    ]
    if possible:
        work.because(reason)
        submission = open_submission(work)
        signature = None
        if action == "approve-unlock":
            signature = flag_signing.sign_casebook_unlock(
                work, subject, owner["site_id"], possible, reason, submission
            )
        steps = [
            Step(each, known[each.record_id], _event(work, each, flags, action, reason, signature))
            for each, flags in possible
        ]
        write(work, steps, submission)
        close_submission(work, submission, SOURCE)
    return CasebookStep(subject=subject, action=action)  # type: ignore[arg-type]


def _is_possible(work: UnitOfWork, flags: Flags, action: Action) -> bool:
    actors = {work.principal.subject}
    if work.signature is not None:
        actors.add(work.signature.signer)
    try:
        check_step(flags, action, frozenset(actors))
    except FlagStepError as refused:
        if refused.code == "second-person":
            raise FLAG_STEPS[refused.code](str(refused)) from None
        return False
    return True


def _event(
    work: UnitOfWork,
    history: History,
    flags: Flags,
    action: Action,
    reason: str,
    signature: str | None,
) -> FlagEvent:
    return FlagEvent(
        number=flags.events + 1,
        action=action,
        version=history.latest.number,
        actor=work.principal.subject,
        role=work.principal.role,
        reason=reason,
        signature=signature,
    )
