"""Sealed envelopes: how a site learns the next arm while the system is away.

An envelope holds salt and content of one slot under a key that follows from a code of 100 bits. The
site has the envelopes, somebody else the codes. A code follows from the key of the list and is
stored nowhere; nothing here is random, so a second export is the same as the first.
"""

import base64
import binascii
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from services.randomization.domain import commitments
from services.randomization.domain.sealing import CONTENT_BYTES, KEY_BYTES, NONCE_BYTES, Opening

VERSION = "induct-envelope-v1"
CODE_CHARACTERS = 20
GROUP = 5
_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
# Base32 has none of these digits: whoever reads one has misread a letter.
_MISREAD = str.maketrans("018", "OIB", " -\t\r\n")


class EnvelopeBroken(Exception):
    """The code does not open this envelope, or what it holds is not what was committed to."""


@dataclass(frozen=True)
class Place:
    """The slot behind an envelope."""

    study: str
    list_id: str
    label: str
    position: int

    def as_bytes(self, purpose: str) -> bytes:
        """Names the slot and a purpose. Raises ``ValueError`` for a zero byte or position < 1."""
        return commitments.place_bytes(
            VERSION, purpose, self.study, self.list_id, self.label, at=self.position
        )


@dataclass(frozen=True)
class SealedEnvelope:
    """An envelope as it is handed out. ``sealed`` is base64, ``commitment`` 64 hex digits."""

    place: Place
    sealed: str
    commitment: str


def code_of(list_key: bytes, place: Place) -> str:
    """The code of an envelope: 20 characters of base32 (RFC 4648) in groups of five."""
    digest = hmac.digest(list_key, place.as_bytes("code"), "sha256")
    return _grouped(base64.b32encode(digest).decode()[:CODE_CHARACTERS])


def same_code(expected: str, given: str) -> bool:
    """Whether a person gave this code: case, hyphens and blanks aside. Takes the same time for
    every wrong one."""
    return hmac.compare_digest(_plain(expected).encode(), _plain(given).encode())


def seal_envelope(place: Place, opening: Opening, code: str) -> SealedEnvelope:
    """Close a slot's salt and content under a code.

    Key and nonce follow from the code and the place: one key encrypts one text only, ever. The
    content is padded, because its length would tell the arm. Raises ``ValueError`` for content
    wider than 63 bytes.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    content = commitments.text_bytes(opening.content)
    if not 1 <= len(content) <= CONTENT_BYTES:
        raise ValueError("the content of a slot has 1 to 63 bytes")
    key, nonce = _key(place, code)
    plain = opening.salt + content.ljust(CONTENT_BYTES, b"\x00")
    closed = AESGCM(key).encrypt(nonce, plain, place.as_bytes("sealed"))
    bound = commitments.commitment(
        place.list_id, place.label, place.position, opening.salt, opening.content
    )
    return SealedEnvelope(place, base64.b64encode(closed).decode(), bound.hex())


def open_envelope(envelope: SealedEnvelope, code: str) -> str:
    """The arm in an envelope, held against its commitment. Needs nothing but envelope and code.

    Raises ``EnvelopeBroken`` for a wrong code, a changed envelope, or another slot's commitment.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    place = envelope.place
    try:
        key, nonce = _key(place, code)
        closed = base64.b64decode(envelope.sealed, validate=True)
        plain = AESGCM(key).decrypt(nonce, closed, place.as_bytes("sealed"))
        salt, padded = plain[: commitments.SALT_BYTES], plain[commitments.SALT_BYTES :]
        arm = padded.rstrip(b"\x00").decode()
        bound = commitments.commitment(place.list_id, place.label, place.position, salt, arm)
    except (InvalidTag, ValueError, binascii.Error):
        raise EnvelopeBroken("the code does not open this envelope") from None
    if not hmac.compare_digest(bound.hex(), envelope.commitment):
        raise EnvelopeBroken("the envelope holds another slot than the one committed to")
    return arm


def envelope_id(site: str, labels: Sequence[str], label: str, position: int) -> str:
    """What is printed on an envelope: site, a letter for the stratum (A is the first of the
    manifest's), and the order within it. Raises ``ValueError`` for a label that is not there."""
    return f"{site}-{_letters(labels.index(label))}-{position:02d}"


def _key(place: Place, code: str) -> tuple[bytes, bytes]:
    """Key and nonce: HKDF-SHA256 (RFC 5869) of the code, bound to the place."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    plain = _plain(code)
    if len(plain) != CODE_CHARACTERS or not _ALPHABET.issuperset(plain):
        raise ValueError("a code has 20 characters of base32")
    length = KEY_BYTES + NONCE_BYTES
    derived = HKDF(algorithm=SHA256(), length=length, salt=None, info=place.as_bytes("key"))
    both = derived.derive(plain.encode())
    return both[:KEY_BYTES], both[KEY_BYTES:]


def _plain(code: str) -> str:
    return code.upper().translate(_MISREAD)


def _grouped(code: str) -> str:
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def _letters(number: int) -> str:
    """0 is A, 25 is Z, 26 is AA."""
    letters = ""
    number += 1
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters
