"""What binds a slot before it is opened: its salt and its commitment.

``u64`` is eight bytes big-endian, texts are UTF-8, and one zero byte ends each text that another
field follows. No text may hold a zero byte itself: two different slots would then hash alike. Any
change of a byte here is a new version with vectors of its own.
"""

import hashlib
import hmac

from services.randomization.domain.generator import VERSION

COMMITMENT_VERSION = "induct-commit-v1"
SALT_BYTES = 32


def salt(secret: bytes, list_id: str, label: str, position: int) -> bytes:
    """The 32-byte salt of one slot of a generated list; one salt tells nothing of another.

    Raises ``ValueError`` for a text with a zero byte or a position below 1.
    """
    return hmac.digest(secret, place_bytes(VERSION, "salt", list_id, label, at=position), "sha256")


def commitment(list_id: str, label: str, position: int, salt: bytes, content: str) -> bytes:
    """SHA-256 that binds a slot to its content and, without the salt, shows nothing of it.

    ``content`` is an arm code, or a draw as 16 lower-case hexadecimal digits. Raises ``ValueError``
    for a salt that is not 32 bytes long, empty content, a zero byte, or a position below 1.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 32 bytes")
    if not content:
        raise ValueError("a slot has content")
    place = place_bytes(COMMITMENT_VERSION, list_id, label, at=position)
    return hashlib.sha256(place + salt + text_bytes(content)).digest()


def place_bytes(*texts: str, at: int) -> bytes:
    """Each text with its zero byte, then the position as u64."""
    if not 1 <= at < 2**63:
        raise ValueError("positions count from 1")
    return b"".join(text_bytes(text) + b"\x00" for text in texts) + at.to_bytes(8, "big")


def text_bytes(text: str) -> bytes:
    """UTF-8 of a text. Raises ``ValueError`` where it holds a zero byte."""
    if "\x00" in text:
        raise ValueError("no zero byte may stand in a text of a slot")
    return text.encode()
