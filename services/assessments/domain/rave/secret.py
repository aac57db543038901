"""Secrets of integration credentials: 256 random bits, kept as a salted SHA-256.

A slow hash guards guessable passwords. These are made by us and cannot be guessed, so a fast one
costs each request nothing.
"""

import base64
import binascii
import hashlib
import hmac

SALT_BYTES = 16
SECRET_BYTES = 32
# Compared with where there is no such user, so that a user's absence takes as long as its presence.
NOBODY = (bytes(SALT_BYTES), bytes(32))


def digest(salt: bytes, secret: str) -> bytes:
    return hashlib.sha256(salt + secret.encode()).digest()


def matches(salt: bytes, kept: bytes, secret: str) -> bool:
    """Whether the secret is the one that was kept, in constant time."""
    return hmac.compare_digest(digest(salt, secret), kept)


def basic(header: str) -> tuple[str, str] | None:
    """User and secret of an Authorization header; None where it is no Basic one (RFC 7617)."""
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    user, colon, secret = text.partition(":")
    return (user, secret) if colon and "\x00" not in text else None
