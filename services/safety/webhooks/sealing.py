"""Secrets at rest: sealed under the deployment's key, so that a copy of the database signs nothing.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; the endpoint's id is bound in, so that a
sealed secret moved to another endpoint does not open.
"""

import base64
import uuid

from shared.settings import SettingsError

FORMAT = "a256gcm:"
KEY_BYTES = 32
NONCE_BYTES = 12


class SealBroken(ValueError):
    """A sealed secret does not open: another key sealed it, or it was altered."""


class Sealer:
    """Seals and opens with the deployment's key (64 hexadecimal digits).

    Raises ``SettingsError`` where the key is missing or malformed.
    """

    def __init__(self, sealing_key: str) -> None:
        try:
            key = bytes.fromhex(sealing_key)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise SettingsError("INDUCT_SEALING_KEY must be 32 bytes as hexadecimal digits.")
        # Imported late: cases are taken, and a cold start pays, without it.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._cipher = AESGCM(key)

    def seal(self, secret: bytes, endpoint: uuid.UUID, nonce: bytes) -> str:
        """``nonce`` are ``NONCE_BYTES`` random bytes, never used twice."""
        sealed = self._cipher.encrypt(nonce, secret, endpoint.bytes)
        return FORMAT + base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, endpoint: uuid.UUID) -> bytes:
        """The secret. Raises ``SealBroken``."""
        from cryptography.exceptions import InvalidTag

        try:
            raw = base64.b64decode(sealed.removeprefix(FORMAT), validate=True)
            return self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], endpoint.bytes)
        except (ValueError, InvalidTag):
            raise SealBroken("the sealed secret does not open") from None
