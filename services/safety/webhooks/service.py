"""Use cases about webhook endpoints: proposed by one, approved by another, challenged."""

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any, Final

from services.safety import errors
from services.safety.webhooks import challenges, repository, secret_service
from services.safety.webhooks import endpoint_repository as endpoints
from services.safety.webhooks.addresses import AddressRefused, literal, read_url, vet
from services.safety.webhooks.hosts import HostList
from services.safety.webhooks.schemas import (
    RegisteredWebhook,
    Webhook,
    WebhookDecision,
    WebhookDisabling,
    WebhookHealth,
    WebhookRead,
    WebhookRegistration,
    Webhooks,
)
from services.safety.webhooks.sealing import Sealer
from services.safety.webhooks.streams import Resolver, resolve_within
from shared.database.unit_of_work import UnitOfWork
from shared.http.pagination import Page
from shared.http.problems import FieldError, NotFound

Randomness = Callable[[int], bytes]
"""Answers so many random bytes, fit for secrets."""
Row = Mapping[str, Any]

RESOLVE_SECONDS: Final = 5.0


def examine_url(
    url: str, hosts: HostList, resolve: Resolver, *, sandbox: bool
) -> AddressRefused | None:
    """Why messages may not go to ``url``; None where they may. Asks the name servers."""
    try:
        target = read_url(url, sandbox=sandbox)
        hosts.check(target, sandbox=sandbox)
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


def propose(
    work: UnitOfWork,
    body: WebhookRegistration,
    refusal: AddressRefused | None,
    sealer: Sealer,
    randomness: Randomness,
) -> RegisteredWebhook:
    """Propose an endpoint with a fresh secret. The answer is without it: answers are stored."""
    if refusal is not None:
        raise errors.UrlRefused(errors=[FieldError("/url", refusal.code, str(refusal))])
    endpoint = uuid.UUID(bytes=randomness(16), version=4)
    if not endpoints.add(work, endpoint, body.url, body.topic):
        raise errors.EndpointKnown
    secret_service.add(work, endpoint, body.kind, sealer, randomness)
    return RegisteredWebhook.model_validate(_webhook(work, endpoint).model_dump())


def decide(
    work: UnitOfWork, endpoint: uuid.UUID, body: WebhookDecision, randomness: Randomness
) -> Webhook:
    """Approve or reject a proposed endpoint. An approved URL is asked before it is told anything.

    Raises ``NotFound``, ``EndpointState``, ``SecondPersonNeeded``.
    """
    row = held(work, endpoint, "proposed")
    if body.decision == "approve" and row["proposed_by"] == work.principal.subject:
        raise errors.SecondPersonNeeded
    work.because(body.reason)
    if body.decision == "approve":
        endpoints.decide(work, endpoint, "approved", body.reason)
        _challenge(work, endpoint, randomness)
    else:
        endpoints.decide(work, endpoint, "rejected", body.reason)
    return _webhook(work, endpoint)


def challenge(work: UnitOfWork, endpoint: uuid.UUID, randomness: Randomness) -> Webhook:
    """Ask an approved URL again. Raises ``NotFound``, ``EndpointState``."""
    held(work, endpoint, "approved")
    _challenge(work, endpoint, randomness)
    return _webhook(work, endpoint)


def disable(work: UnitOfWork, endpoint: uuid.UUID, body: WebhookDisabling) -> Webhook:
    """Stop an endpoint, whatever it is at. Raises ``NotFound``, ``EndpointState``."""
    held(work, endpoint, "proposed", "approved", "active")
    work.because(body.reason)
    endpoints.disable(work, endpoint, body.reason)
    return _webhook(work, endpoint)


def read_endpoint(work: UnitOfWork, endpoint: uuid.UUID) -> WebhookRead:
    """An endpoint, its secrets without themselves, and how its messages stand."""
    found = _webhook(work, endpoint)
    return WebhookRead(
        **dict(found), health=WebhookHealth.model_validate(endpoints.health(work, endpoint))
    )


def list_endpoints(work: UnitOfWork, page: Page) -> Webhooks:
    rows = endpoints.listed(work, page.after, page.limit + 1)
    shown = page.cut(rows)
    secrets = endpoints.secrets(work, [row["endpoint_id"] for row in shown])
    return Webhooks(
        items=[_answer(row, secrets) for row in shown], next=page.next(rows, "endpoint_id")
    )


def held(work: UnitOfWork, endpoint: uuid.UUID, *states: str) -> Row:
    """The endpoint, locked, in one of these states. Raises ``NotFound``, ``EndpointState``."""
    row = endpoints.hold(work, endpoint)
    if row is None:
        raise NotFound
    if row["state"] not in states:
        raise errors.EndpointState
    return row


def enqueue_aside(
    work: UnitOfWork, endpoint: uuid.UUID, kind: str, content: Row, randomness: Randomness
) -> str:
    """Send one endpoint something that tells of no case; the message's id."""
    message = f"msg_{randomness(16).hex()}"
    event_type = f"webhook.{kind}"
    at = work.now.astimezone(UTC).isoformat().replace("+00:00", "Z")
    data = {"study": work.study, "endpoint_id": str(endpoint), **content}
    body = json.dumps({"type": event_type, "timestamp": at, "data": data}, separators=(",", ":"))
    repository.enqueue_aside(work, endpoint, kind, message, event_type, body)
    return message


def _challenge(work: UnitOfWork, endpoint: uuid.UUID, randomness: Randomness) -> None:
    value = randomness(challenges.CHALLENGE_BYTES).hex()
    enqueue_aside(work, endpoint, "challenge", {"challenge": value}, randomness)


def _webhook(work: UnitOfWork, endpoint: uuid.UUID) -> Webhook:
    row = endpoints.find(work, endpoint)
    if row is None:
        raise NotFound
    return _answer(row, endpoints.secrets(work, [endpoint]))


def _answer(row: Row, secrets: list[Row]) -> Webhook:
    return Webhook(
        endpoint_id=str(row["endpoint_id"]),
        study=row["study_id"],
        url=row["url"],
        topic=row["topic"],
        state=row["state"],
        registered_at=row["registered_at"],
        proposed_by=row["proposed_by"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        reason=row["reason"],
        activated_at=row["activated_at"],
        paused_until=row["paused_until"],
        secrets=[
            secret_service.described(each)
            for each in secrets
            if each["endpoint_id"] == row["endpoint_id"]
        ],
    )
