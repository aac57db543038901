"""What persons do with the flags of records. Each step is a submission of its own, behind the
subject's lock."""

from dataclasses import replace

from services.assessments import flag_repository, flag_signing, flag_views, repository
from services.assessments.answers import etag
from services.assessments.domain.faults import Fault
from services.assessments.domain.flags import (
    Action,
    FlagEvent,
    Flags,
    FlagStepError,
    check_step,
    flags_of,
    shown_to,
)
from services.assessments.domain.history import History, seen
from services.assessments.domain.identifiers import in_text
from services.assessments.errors import FLAG_STEPS
from services.assessments.flag_schemas import FlagEvent as ShownEvent
from services.assessments.flag_schemas import (
    FlagHistory,
    Freeze,
    Lock,
    SignedCasebook,
    Signing,
    UnlockDecision,
    Verification,
)
from services.assessments.flag_service import Step, write
from services.assessments.sights import sight_of
from services.assessments.subject_repository import find_subject, lock_subject
from services.assessments.subject_service import found, invalid
from services.assessments.submission_repository import Source
from services.assessments.submission_service import close_submission, open_submission
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import PreconditionFailed, SignatureRequired
from shared.http.signatures import shown

SOURCE = Source("flag")


def verify(
    work: UnitOfWork, subject: str, record: str, if_match: str, body: Verification
) -> FlagHistory:
    """Source data verification of the version that ``if_match`` names, or its taking back."""
    if not body.verified and body.reason is None:
        raise invalid([Fault(("reason",), "reason-required", "say why it is taken back")])
    history = _locked_record(work, subject, record)
    _check_version(history, if_match)
    action: Action = "verify" if body.verified else "unverify"
    return _take(work, history, action, body.reason)


def freeze(work: UnitOfWork, subject: str, record: str, body: Freeze) -> FlagHistory:
    """Keep the site from changing the record, or let it again."""
    history = _locked_record(work, subject, record)
    return _take(work, history, "freeze" if body.frozen else "unfreeze", body.reason)


def lock(work: UnitOfWork, subject: str, record: str, body: Lock) -> FlagHistory:
    """Keep everybody from changing the record."""
    return _take(work, _locked_record(work, subject, record), "lock", body.reason)


def request_unlock(work: UnitOfWork, subject: str, record: str, body: Lock) -> FlagHistory:
    """Ask for a locked record to be unlocked; a second person decides."""
    return _take(work, _locked_record(work, subject, record), "request-unlock", body.reason)


def decide_unlock(work: UnitOfWork, subject: str, record: str, body: UnlockDecision) -> FlagHistory:
    """Approve (signed) or reject the unlocking that somebody else asked for."""
    history = _locked_record(work, subject, record)
    if body.decision == "reject":
        return _take(work, history, "reject-unlock", body.reason)
    if work.signature is None:
        raise SignatureRequired
    return _take(work, history, "approve-unlock", body.reason)


def sign_record(
    work: UnitOfWork, subject: str, record: str, if_match: str, body: Signing
) -> FlagHistory:
    """Sign the version of a record that ``if_match`` names."""
    history = _locked_record(work, subject, record)
    _check_version(history, if_match)
    return _take(work, history, "sign", body.comment)


def sign_casebook(work: UnitOfWork, subject: str, body: Signing) -> SignedCasebook:
    """Sign every record of a subject at its present version, as one. Records that are locked keep
    the signature they have. Raises ``FlagStep`` where nothing is left to sign."""
    owner = found(lock_subject(work, subject))
    histories = repository.histories_of(work, [subject])
    events = flag_repository.events_of(work, [each.record_id for each in histories])
    steps = []
    for history in histories:
        before = tuple(events.get(history.record_id, ()))
        flags = flags_of(before)
        if flags.signed is None and not flags.locked:
            steps.append(Step(history, before, _event(work, history, flags, "sign", body.comment)))
    if not steps:
        raise FLAG_STEPS["flag-step"]("Every record is signed or locked.")
    work.because(body.comment or "casebook signed")
    submission = open_submission(work)
    signed = [step.history for step in steps]
    made = flag_signing.sign_casebook(work, subject, owner["site_id"], signed, submission)
    marked = [
        replace(step, event=replace(step.event, signature=made.signature_id)) for step in steps
    ]
    write(work, marked, submission)
    close_submission(work, submission, SOURCE)
    return SignedCasebook(subject=subject, records=len(marked), signature=shown(made))


def read_flags(work: UnitOfWork, subject: str, record: str) -> FlagHistory:
    """The flags of a record with all their steps."""
    return _answer(work, _record(work, subject, record))


def _take(work: UnitOfWork, history: History, action: Action, reason: str | None) -> FlagHistory:
    if reason is not None:
        owner = found(find_subject(work, history.subject))
        faults = list(in_text(("reason",), reason, owner["birth_year_month"]))
        if faults:
            raise invalid(faults)
    before = tuple(flag_repository.events_of(work, [history.record_id]).get(history.record_id, ()))
    actors = {work.principal.subject}
    if work.signature is not None:
        actors.add(work.signature.signer)
    flags = flags_of(before)
    try:
        check_step(flags, action, frozenset(actors))
    except FlagStepError as refused:
        raise FLAG_STEPS[refused.code](str(refused)) from None
    work.because(reason or action)
    submission = open_submission(work)
    signature = None
    if action == "sign":
        signature = flag_signing.sign_version(work, history)
    elif action == "approve-unlock":
        asked = str(flags.unlock_requested_by)
        signature = flag_signing.sign_unlock(work, history, flags.events + 1, asked, str(reason))
    event = replace(_event(work, history, flags, action, reason), signature=signature)
    write(work, [Step(history, before, event)], submission)
    close_submission(work, submission, SOURCE)
    return _answer(work, history)


def _event(
    work: UnitOfWork, history: History, flags: Flags, action: Action, reason: str | None
) -> FlagEvent:
    return FlagEvent(
        number=flags.events + 1,
        action=action,
        version=history.latest.number,
        actor=work.principal.subject,
        role=work.principal.role,
        reason=reason,
    )


def _answer(work: UnitOfWork, history: History) -> FlagHistory:
    sight = sight_of(work)
    visible = found(seen(history, sight))
    every = flag_repository.events_of(work, [history.record_id]).get(history.record_id, [])
    events = shown_to(visible, every)
    flags = flags_of(events)
    return FlagHistory(
        record_id=history.record_id,
        subject=history.subject,
        flags=flag_views.record_flags(flags, flag_views.signatures_of(work, events)),
        signature_holds=None
        if flags.signature is None or not sight.sees_arm
        else flag_signing.still_holds(work, history, flags.signature),
        # Numbers are told anew: a gap would tell that something was hidden there.
        events=[
            ShownEvent(
                number=number,
                action=event.action,
                version=event.version if sight.sees_arm else None,
                actor=event.actor,
                role=event.role,
                reason=event.reason,
                recorded_at=found(event.recorded_at),
            )
            for number, event in enumerate(events, start=1)
        ],
    )


def _check_version(history: History, if_match: str) -> None:
    if if_match != etag(history.latest.number):
        raise PreconditionFailed


def _locked_record(work: UnitOfWork, subject: str, record: str) -> History:
    found(lock_subject(work, subject))
    return _record(work, subject, record)


def _record(work: UnitOfWork, subject: str, record: str) -> History:
    """The whole record, where the caller sees something of it."""
    position = repository.last_position(work)
    history = repository.find_history(work, subject, record, position)
    whole = found(history)
    found(seen(whole, sight_of(work)))
    return whole
