"""Use cases about the secrets of endpoints: shown once, two at a time while one is exchanged."""

import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from services.safety import errors
from services.safety.webhooks import endpoint_repository as endpoints
from services.safety.webhooks.rules import rules
from services.safety.webhooks.schemas import SecretRotation, ShownSecret, WebhookSecret
from services.safety.webhooks.sealing import NONCE_BYTES, SealBroken, Sealer
from services.safety.webhooks.signing import SECRET_BYTES, Kind, write_public, write_secret
from shared.database.unit_of_work import UnitOfWork
from shared.http.logs import log
from shared.http.problems import NotFound

Row = Mapping[str, Any]
AT_ONCE = 2


def add(
    work: UnitOfWork,
    endpoint: uuid.UUID,
    kind: Kind,
    sealer: Sealer,
    randomness: Callable[[int], bytes],
) -> uuid.UUID:
    """Give an endpoint a fresh secret, or a fresh key pair."""
    raw = randomness(SECRET_BYTES)
    secret = uuid.UUID(bytes=randomness(16), version=4)
    endpoints.add_secret(
        work,
        {
            "secret": secret,
            "endpoint": endpoint,
            "kind": kind,
            "sealed": sealer.seal(raw, endpoint, randomness(NONCE_BYTES)),
            "public": write_public(raw) if kind == "ed25519" else None,
        },
    )
    return secret


def rotate(
    work: UnitOfWork,
    endpoint: uuid.UUID,
    body: SecretRotation,
    sealer: Sealer,
    randomness: Callable[[int], bytes],
) -> ShownSecret:
    """A new secret; the old one of its kind signs beside it for the overlap. The answer is without
    it: answers are stored.

    Raises ``NotFound``, ``EndpointState``, and ``TwoSecrets`` while two of the kind sign already.
    """
    signing = _signing(work, endpoint)
    old = [row for row in signing if row["kind"] == body.kind]
    if len(old) >= AT_ONCE:
        raise errors.TwoSecrets
    work.because("secret rotated")
    made = add(work, endpoint, body.kind, sealer, randomness)
    for row in old:
        endpoints.end_secret(work, row["secret_id"], timedelta(hours=body.overlap_hours))
    return ShownSecret(**dict(described(_found(work, made))))


def retire(work: UnitOfWork, endpoint: uuid.UUID, secret: uuid.UUID) -> WebhookSecret:
    """Let a secret sign nothing more. Raises ``NotFound``, ``EndpointState``, and ``LastSecret``
    where nothing would be left to sign with."""
    signing = _signing(work, endpoint)
    row = endpoints.find_secret(work, secret)
    if row is None or row["endpoint_id"] != endpoint:
        raise NotFound
    if all(each["secret_id"] == secret or each["ends_at"] is not None for each in signing):
        raise errors.LastSecret
    work.because("secret retired")
    endpoints.end_secret(work, secret, timedelta(0))
    return described(_found(work, secret))


def reveal(work: UnitOfWork, secret: str, sealer: Sealer) -> str | None:
    """A secret, for as long as the request that made it may be shown it; None afterwards, and for
    a key pair, whose public half is no secret.

    A first answer and its repeat take this same way: an answer that was lost costs no secret.
    """
    row = endpoints.find_secret(work, uuid.UUID(secret))
    if row is None or row["kind"] != "hmac" or work.now - row["created_at"] > rules().shown_for:
        return None
    try:
        return write_secret(sealer.open(row["sealed"], row["endpoint_id"]))
    except SealBroken:
        log("webhook secret does not open", level="error", service="safety", study=work.study)
        return None


def described(row: Row) -> WebhookSecret:
    return WebhookSecret(
        secret_id=str(row["secret_id"]),
        kind=row["kind"],
        public_key=row["public_key"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        ends_at=row["ends_at"],
    )


def _signing(work: UnitOfWork, endpoint: uuid.UUID) -> list[Row]:
    """The secrets that sign, behind the endpoint's lock."""
    row = endpoints.hold(work, endpoint)
    if row is None:
        raise NotFound
    if row["state"] not in {"proposed", "approved", "active"}:
        raise errors.EndpointState
    return endpoints.signing(work, endpoint)


def _found(work: UnitOfWork, secret: uuid.UUID) -> Row:
    row = endpoints.find_secret(work, secret)
    if row is None:
        raise NotFound
    return row
