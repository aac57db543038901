"""Use cases about webhook endpoints and their messages."""

import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from services.safety import errors
from services.safety.webhooks import repository
from services.safety.webhooks.addresses import AddressRefused, literal, read_url, vet
from services.safety.webhooks.schemas import (
    Attempt,
    Message,
    Messages,
    RegisteredWebhook,
    Webhook,
    WebhookRegistration,
    Webhooks,
)
from services.safety.webhooks.sealing import NONCE_BYTES, SealBroken, Sealer
from services.safety.webhooks.signing import SECRET_BYTES, write_secret
from services.safety.webhooks.streams import Resolver, resolve_within
from shared.database.unit_of_work import UnitOfWork
from shared.http.logs import log
from shared.http.pagination import Page
from shared.http.problems import FieldError, NotFound

Randomness = Callable[[int], bytes]
"""Answers so many random bytes, fit for secrets."""

RESOLVE_SECONDS: Final = 5.0
# Long enough to repeat a request whose answer was lost, too short to be a second door.
SHOWN_FOR: Final = timedelta(hours=24)


def examine_url(url: str, resolve: Resolver, *, sandbox: bool) -> AddressRefused | None:
    """Why messages may not go to ``url``; None where they may. Asks the name servers."""
    try:
        target = read_url(url, sandbox=sandbox)
        if literal(target.host) is not None:
            found = [target.host]
        else:
            found = list(resolve_within(resolve, target.host, target.port, RESOLVE_SECONDS))
        vet(target, found, sandbox=sandbox)
    except AddressRefused as refusal:
        return refusal
    except OSError:
        return AddressRefused("host-unresolved", "The host does not resolve to an address.")
    return None


def register(
    work: UnitOfWork,
    body: WebhookRegistration,
    refusal: AddressRefused | None,
    sealer: Sealer,
    randomness: Randomness,
) -> RegisteredWebhook:
    """Register an endpoint with a fresh secret. The answer is without it: answers are stored."""
    if refusal is not None:
        raise errors.UrlRefused(errors=[FieldError("/url", refusal.code, str(refusal))])
    endpoint = uuid.UUID(bytes=randomness(16), version=4)
    sealed = sealer.seal(randomness(SECRET_BYTES), endpoint, randomness(NONCE_BYTES))
    if not repository.add_endpoint(work, endpoint, body.url, sealed):
        raise errors.EndpointKnown
    return RegisteredWebhook(
        endpoint_id=str(endpoint),
        study=work.study,
        url=body.url,
        state="active",
        registered_at=work.now,
    )


def with_secret(work: UnitOfWork, answer: RegisteredWebhook, sealer: Sealer) -> RegisteredWebhook:
    """The answer to a registration with its secret, for as long as it may be shown.

    A first answer and its repeat take this same way: an answer that was lost costs no endpoint.
    """
    row = repository.find_endpoint(work, uuid.UUID(answer.endpoint_id))
    if row is None or work.now - row["registered_at"] > SHOWN_FOR:
        return answer
    try:
        secret = sealer.open(row["secret_sealed"], row["endpoint_id"])
    except SealBroken:
        log("webhook secret does not open", level="error", service="safety", study=work.study)
        return answer
    return answer.model_copy(update={"secret": write_secret(secret)})


def list_endpoints(work: UnitOfWork, page: Page) -> Webhooks:
    rows = repository.list_endpoints(work, page.after, page.limit + 1)
    return Webhooks(
        items=[_webhook(row) for row in page.cut(rows)], next=page.next(rows, "endpoint_id")
    )


def list_messages(work: UnitOfWork, endpoint: uuid.UUID, page: Page) -> Messages:
    """An endpoint's messages, oldest first, each with how its last attempt went."""
    if repository.find_endpoint(work, endpoint) is None:
        raise NotFound
    rows = repository.list_messages(work, endpoint, page.after, page.limit + 1)
    return Messages(
        items=[_message(row) for row in page.cut(rows)], next=page.next(rows, "message_id")
    )


def _webhook(row: Mapping[str, Any]) -> Webhook:
    return Webhook(
        endpoint_id=str(row["endpoint_id"]),
        study=row["study_id"],
        url=row["url"],
        state=row["state"],
        registered_at=row["registered_at"],
    )


def _message(row: Mapping[str, Any]) -> Message:
    attempt = None
    if row["attempted_at"] is not None:
        attempt = Attempt(
            attempted_at=row["attempted_at"],
            status=row["status"],
            failure=row["failure"],
            response_head=row["response_head"],
        )
    return Message(
        message_id=row["message_id"],
        event_type=row["event_type"],
        state=row["state"],
        attempts=row["attempts"],
        next_attempt_at=row["next_attempt_at"] if row["state"] == "pending" else None,
        created_at=row["created_at"],
        body=row["body"],
        last_attempt=attempt,
    )
