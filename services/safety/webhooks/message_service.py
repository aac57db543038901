"""Use cases about messages: what became of them, tests, and sending again."""

import hashlib
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from services.safety import errors
from services.safety.webhooks import endpoint_repository as endpoints
from services.safety.webhooks import fallback_repository
from services.safety.webhooks import message_repository as repository
from services.safety.webhooks.message_schemas import (
    Attempt,
    Attempts,
    DeadLetter,
    DeadLetters,
    FallbackNotice,
    FallbackNotices,
    Message,
    Messages,
    Replay,
    ReplayMade,
    Replays,
    WholeAttempt,
)
from services.safety.webhooks.service import enqueue_aside, held
from shared.database.unit_of_work import UnitOfWork
from shared.http.pagination import Page
from shared.http.problems import FieldError, NotFound

Row = Mapping[str, Any]


def list_messages(work: UnitOfWork, endpoint: uuid.UUID, page: Page) -> Messages:
    """An endpoint's messages, oldest first, each with how its last attempt went."""
    _known(work, endpoint)
    rows = repository.listed(work, endpoint, page.after, page.limit + 1)
    return Messages(
        items=[_message(row) for row in page.cut(rows)], next=page.next(rows, "message_id")
    )


def list_attempts(work: UnitOfWork, endpoint: uuid.UUID, message: str) -> Attempts:
    """Every attempt of a message, with the bytes that left. Raises ``NotFound``."""
    if not repository.exists(work, endpoint, message):
        raise NotFound
    rows = repository.attempts(work, endpoint, message)
    return Attempts(items=[_whole_attempt(row) for row in rows])


def send_test(work: UnitOfWork, endpoint: uuid.UUID, randomness: Callable[[int], bytes]) -> Message:
    """Send one signed message that says of itself that it is a test, once, whatever comes of it.

    Raises ``NotFound``, ``EndpointState``.
    """
    held(work, endpoint, "approved", "active")
    work.because("test asked for")
    message = enqueue_aside(work, endpoint, "test", {"test": True}, randomness)
    rows = repository.listed(work, endpoint, "", 1, message)
    return _message(rows[0])


def list_dead_letters(
    work: UnitOfWork,
    page: Page,
    *,
    endpoint: uuid.UUID | None,
    case: str | None,
    since: datetime | None,
    until: datetime | None,
) -> DeadLetters:
    """The notices that endpoints did not take, oldest first."""
    asked = {"endpoint": endpoint, "case": case, "since": since, "until": until}
    rows = repository.dead(work, asked, page.after, page.limit + 1)
    return DeadLetters(
        items=[_dead_letter(row) for row in page.cut(rows)], next=page.next(rows, "key")
    )


def replay(
    work: UnitOfWork, endpoint: uuid.UUID, body: Replay, randomness: Callable[[int], bytes]
) -> ReplayMade:
    """Send again, under the same ids, what was told in a range. The endpoint's health is not
    judged by what comes of it.

    Raises ``NotFound``, ``EndpointState``, and ``ReplayRefused`` where no range is named.
    """
    if body.since is None and body.case is None and body.message_id is None:
        detail = "Name an instant, a case or a message."
        raise errors.ReplayRefused(errors=[FieldError("/since", "no-range", detail)])
    if body.since is not None and body.until is not None and body.until < body.since:
        detail = "The range ends before it begins."
        raise errors.ReplayRefused(errors=[FieldError("/until", "before-since", detail)])
    held(work, endpoint, "active")
    work.because(body.reason)
    asked = {
        "since": body.since,
        "until": body.until,
        "case": body.case,
        "message": body.message_id,
        "everything": body.everything,
        "reason": body.reason,
    }
    replay_id = uuid.UUID(bytes=randomness(16), version=4)
    return _replay(repository.replay(work, endpoint, replay_id, asked))


def list_replays(work: UnitOfWork, endpoint: uuid.UUID, page: Page) -> Replays:
    """What was sent again to an endpoint, by whom and why."""
    _known(work, endpoint)
    rows = repository.replays(work, endpoint, page.after, page.limit + 1)
    return Replays(
        items=[_replay(row) for row in page.cut(rows)], next=page.next(rows, "replay_id")
    )


def list_fallbacks(work: UnitOfWork, page: Page) -> FallbackNotices:
    """What was told, or waits to be told, by another channel."""
    rows = fallback_repository.listed(work, page.after, page.limit + 1)
    return FallbackNotices(
        items=[_fallback(row) for row in page.cut(rows)], next=page.next(rows, "notice_id")
    )


def _known(work: UnitOfWork, endpoint: uuid.UUID) -> None:
    if endpoints.find(work, endpoint) is None:
        raise NotFound


def _message(row: Row) -> Message:
    return Message(
        message_id=row["message_id"],
        event_type=row["event_type"],
        kind=row["kind"],
        state=row["state"],
        attempts=row["attempts"],
        next_attempt_at=row["next_attempt_at"] if row["state"] == "pending" else None,
        created_at=row["created_at"],
        body=row["body"],
        replay_id=_text(row["replay_id"]),
        last_attempt=_attempt(row),
    )


def _attempt(row: Row) -> Attempt | None:
    if row["attempted_at"] is None:
        return None
    return Attempt(
        attempted_at=row["attempted_at"],
        status=row["status"],
        failure=row["failure"],
        response_head=row["response_head"],
    )


def _whole_attempt(row: Row) -> WholeAttempt:
    sent = None if row["sent"] is None else bytes(row["sent"])
    return WholeAttempt(
        attempt=row["attempt"],
        attempted_at=row["attempted_at"],
        status=row["status"],
        failure=row["failure"],
        response_head=row["response_head"],
        address=row["address"],
        sent=None if sent is None else sent.decode("utf-8", "replace"),
        sent_sha256=None if sent is None else hashlib.sha256(sent).hexdigest(),
        replay_id=_text(row["replay_id"]),
    )


def _dead_letter(row: Row) -> DeadLetter:
    return DeadLetter(
        message_id=row["message_id"],
        endpoint_id=str(row["endpoint_id"]),
        event_type=row["event_type"],
        case_number=row["case_number"],
        sequence=row["sequence"],
        attempts=row["attempts"],
        created_at=row["created_at"],
        last_attempt=_attempt(row),
    )


def _replay(row: Row) -> ReplayMade:
    return ReplayMade(
        replay_id=str(row["replay_id"]),
        endpoint_id=str(row["endpoint_id"]),
        since=row["since"],
        until=row["until"],
        case=row["case_number"],
        message_id=row["message_id"],
        everything=not row["dead_only"],
        messages=row["messages"],
        reason=row["reason"],
        asked_by=row["asked_by"],
        asked_at=row["asked_at"],
    )


def _fallback(row: Row) -> FallbackNotice:
    return FallbackNotice(
        notice_id=str(row["notice_id"]),
        cause=row["cause"],
        endpoint_id=_text(row["endpoint_id"]),
        due_at=row["due_at"],
        subject=row["subject"],
        body=row["body"],
        raised_at=row["raised_at"],
        delivered_at=row["delivered_at"],
        attempts=row["attempts"],
        last_error=row["last_error"],
    )


def _text(value: uuid.UUID | None) -> str | None:
    return None if value is None else str(value)
