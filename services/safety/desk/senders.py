"""Who of the desk's side may call us: asked for by one person, approved by another."""

import uuid
from datetime import timedelta

from services.safety import errors
from services.safety.desk import repository
from services.safety.desk.repository import Row
from services.safety.desk.schemas import (
    DeskMessage,
    DeskMessages,
    DeskSender,
    DeskSenders,
    DeskSenderWithSecret,
    NetworksBound,
    SecretRotation,
    SenderRequest,
    Settlement,
)
from services.safety.unblinded_repository import note_logged_read
from services.safety.webhooks.rules import rules
from services.safety.webhooks.sealing import NONCE_BYTES, SealBroken, Sealer
from services.safety.webhooks.secret_service import AT_ONCE
from services.safety.webhooks.service import Randomness
from services.safety.webhooks.signing import SECRET_BYTES, write_secret
from shared.database.unit_of_work import UnitOfWork
from shared.http.logs import log
from shared.http.pagination import Page
from shared.http.problems import NotFound


def request_sender(work: UnitOfWork, body: SenderRequest, randomness: Randomness) -> DeskSender:
    """Ask for a sender. It may send nothing until somebody else approves it."""
    sender = uuid.UUID(bytes=randomness(16), version=4)
    work.because("a system of the desk is to call us")
    repository.add_sender(work, sender, body.name, body.networks)
    return _shown(work, _found(work, sender))


def approve(
    work: UnitOfWork, sender: uuid.UUID, sealer: Sealer, randomness: Randomness
) -> DeskSender:
    """Let a sender in, with a first secret. Raises ``SecondPersonNeeded``, ``SenderState``."""
    row = _found(work, sender, "requested")
    if row["requested_by"] == work.principal.subject:
        raise errors.SecondPersonNeeded
    work.because("the sender is approved")
    repository.approve(work, sender)
    _add_secret(work, sender, sealer, randomness)
    return _shown(work, _found(work, sender))


def rotate(
    work: UnitOfWork,
    sender: uuid.UUID,
    body: SecretRotation,
    sealer: Sealer,
    randomness: Randomness,
) -> DeskSender:
    """A new secret; the one so far holds for the overlap. Two are valid at most: while an overlap
    runs there is no other rotation, unless it ends the old ones at once."""
    _found(work, sender, "active")
    work.because("the secret is rotated")
    valid = repository.secrets(work, sender)
    if body.overlap_hours and len(valid) >= AT_ONCE:
        raise errors.SenderState("Two secrets are valid already.")
    repository.end_secrets(work, sender, work.now + timedelta(hours=body.overlap_hours))
    _add_secret(work, sender, sealer, randomness)
    return _shown(work, _found(work, sender))


def bind(work: UnitOfWork, sender: uuid.UUID, body: NetworksBound) -> DeskSender:
    """Bind a sender to other networks, from now. Raises ``NotFound``, ``SenderState`` for a retired
    one."""
    if _found(work, sender)["state"] == "retired":
        raise errors.SenderState
    work.because(body.reason)
    repository.bind(work, sender, body.networks)
    return _shown(work, _found(work, sender))


def retire(work: UnitOfWork, sender: uuid.UUID) -> DeskSender:
    """Nothing of it is taken any more, from now."""
    _found(work, sender, "active")
    work.because("the sender is retired")
    repository.end_secrets(work, sender, work.now)
    repository.retire(work, sender)
    return _shown(work, _found(work, sender))


def with_secret(work: UnitOfWork, answer: DeskSender, sealer: Sealer) -> DeskSenderWithSecret:
    """The answer with the newest secret, for as long as it may be shown to its repeat."""
    sender = uuid.UUID(answer.sender_id)
    shown = DeskSenderWithSecret(**answer.model_dump())
    valid = repository.secrets(work, sender)
    if not valid or work.now - valid[-1]["issued_at"] > rules().shown_for:
        return shown
    try:
        secret = sealer.open(valid[-1]["sealed"], sender)
    except SealBroken:
        log("desk secret does not open", level="error", service="safety", study=work.study)
        return shown
    return shown.model_copy(update={"secret": write_secret(secret)})


def list_senders(work: UnitOfWork) -> DeskSenders:
    return DeskSenders(items=[_shown(work, row) for row in repository.senders(work)])


def list_messages(work: UnitOfWork, state: str | None, page: Page) -> DeskMessages:
    """The messages that came, page by page; ``state`` parked: those that wait for a person."""
    note_logged_read(work, "safety.list_desk_messages", "messages")
    rows = repository.messages(work, state, page.after, page.limit + 1)
    return DeskMessages(
        items=[_message(row) for row in page.cut(rows)], next=page.next(rows, "place")
    )


def settle(work: UnitOfWork, sender: uuid.UUID, body: Settlement) -> DeskMessage:
    """A person has done what the message asked for, or why not: it waits no more, and is taken no
    more. Raises ``NotFound``, ``MessageState``."""
    row = repository.find_message(work, sender, body.message_id)
    if row is None:
        raise NotFound
    if row["state"] != "parked":
        raise errors.MessageState
    work.because(body.reason)
    repository.settle(work, sender, body.message_id, body.reason)
    return _message(repository.find_message(work, sender, body.message_id) or row)


def _found(work: UnitOfWork, sender: uuid.UUID, state: str | None = None) -> Row:
    row = repository.find_sender(work, sender, hold=True)
    if row is None:
        raise NotFound
    if state is not None and row["state"] != state:
        raise errors.SenderState
    return row


def _add_secret(
    work: UnitOfWork, sender: uuid.UUID, sealer: Sealer, randomness: Randomness
) -> None:
    sealed = sealer.seal(randomness(SECRET_BYTES), sender, randomness(NONCE_BYTES))
    repository.add_secret(work, sender, uuid.UUID(bytes=randomness(16), version=4), sealed)


def _shown(work: UnitOfWork, row: Row) -> DeskSender:
    return DeskSender(
        sender_id=str(row["sender_id"]),
        study=row["study_id"],
        name=row["name"],
        state=row["state"],
        requested_by=row["requested_by"],
        requested_at=row["requested_at"],
        approved_by=row["approved_by"],
        networks=row["networks"],
        secrets=[each["ends_at"] for each in repository.secrets(work, row["sender_id"])],
    )


def _message(row: Row) -> DeskMessage:
    return DeskMessage(
        message_id=row["message_id"],
        sender_id=str(row["sender_id"]),
        type=row["type"],
        case_number=row["case_number"],
        state=row["state"],
        problem=row["problem"],
        attempts=row["attempts"],
        received_at=row["received_at"],
        body=row["body"],
        settled_at=row["settled_at"],
        settled_by=row["settled_by"],
        settled_reason=row["settled_reason"],
    )
