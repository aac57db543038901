"""Signatures of outgoing messages: Standard Webhooks 1.0.0, symmetric (v1) and asymmetric (v1a).

Source: https://github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

SECRET_PREFIX = "whsec_"  # noqa: S105 (what a secret begins with, not one)
PUBLIC_PREFIX = "whpk_"
SECRET_BYTES = 32
"""Of an HMAC secret (24 to 64 are allowed), and of the seed of an ed25519 key (RFC 8032)."""

Kind = Literal["hmac", "ed25519"]


@dataclass(frozen=True)
class Key:
    """What an endpoint's messages are signed with: a shared secret, or the seed of a key pair."""

    kind: Kind
    raw: bytes


def write_secret(key: bytes) -> str:
    """The secret as the receiver enters it: ``whsec_`` and base64."""
    return SECRET_PREFIX + base64.b64encode(key).decode()


def read_secret(secret: str) -> bytes:
    """The key of a written secret. Raises ``ValueError`` for anything else."""
    if not secret.startswith(SECRET_PREFIX):
        raise ValueError(f"a secret begins with {SECRET_PREFIX}")
    return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)


def write_public(seed: bytes) -> str:
    """What a receiver verifies a key pair's signatures with: ``whpk_`` and base64."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return PUBLIC_PREFIX + base64.b64encode(public).decode()


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """``v1,`` and the base64 HMAC-SHA256 over id, timestamp and body, joined by dots."""
    signed = _signed(message_id, timestamp, body)
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def signature_of_pair(seed: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """``v1a,`` and the base64 ed25519 signature over the same."""
    # Imported late: cases are taken, and a cold start pays, without it.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(seed)
    return "v1a," + base64.b64encode(key.sign(_signed(message_id, timestamp, body))).decode()


def headers(keys: Sequence[Key], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of an attempt made at ``at``, signed with every key that is valid.

    The id stays the same over all attempts: receivers know a repeat by it.
    """
    timestamp = int(at.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_sign(each, message_id, timestamp, body) for each in keys),
    }


def _sign(key: Key, message_id: str, timestamp: int, body: bytes) -> str:
    sign = signature if key.kind == "hmac" else signature_of_pair
    return sign(key.raw, message_id, timestamp, body)


def _signed(message_id: str, timestamp: int, body: bytes) -> bytes:
    return b".".join((message_id.encode(), str(timestamp).encode(), body))
