"""A sealed list: each slot encrypted for itself, bound to its place, under one root.

The ciphertext is AES-256-GCM over salt and content, with study, list, label and position as
associated data: a ciphertext that was moved to another slot does not open. Content is padded to
one width, because the length of an arm's code would otherwise tell the arm.

The library for encryption is imported where it is used: a cold start that allocates nobody does
not pay for it.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.randomization.domain import commitments, merkle
from services.randomization.domain.slots import Slot

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = "induct-seal-v1"
NONCE_BYTES = 12
KEY_BYTES = 32
# Salt, one byte that counts the content's bytes, the content, zeros: the same length for each slot.
CONTENT_BYTES = 63


class SealBroken(Exception):
    """A slot cannot be opened, or is not the slot that was committed to.

    Names list, label, position and the reason; never the content.
    """

    def __init__(self, list_id: str, label: str, position: int, reason: str) -> None:
        super().__init__(f"list {list_id}, stratum {label}, position {position}: {reason}")
        self.list_id = list_id
        self.label = label
        self.position = position
        self.reason = reason


@dataclass(frozen=True)
class SealedSlot:
    """One slot as it is stored. ``path`` joins the 32-byte siblings from the leaf to the root."""

    label: str
    position: int
    leaf_index: int
    ciphertext: bytes
    commitment: bytes
    path: bytes


@dataclass(frozen=True)
class SealedList:
    """All slots ordered by (label as bytes, position), their Merkle root, and a SHA-256 over
    everything that is stored of them."""

    slots: tuple[SealedSlot, ...]
    root: bytes
    sha256: bytes


@dataclass(frozen=True, repr=False)
class Opening:
    """What an opened slot holds. It has no repr, so that no log line shows an arm by accident."""

    content: str
    salt: bytes


def list_key(master: bytes, study: str, list_id: str) -> bytes:
    """The 32-byte key of one list: HKDF-SHA256 (RFC 5869) of the master key, without salt.

    Raises ``ValueError`` for a master key that is not 32 bytes long, or a text with a zero byte.
    """
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    _check_master(master)
    info = _joined(VERSION, study, list_id)
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(master)


def key_name(master: bytes) -> str:
    """16 hexadecimal digits that name a master key and tell nothing of it.

    The manifest holds the name, so that a service with another key is told before it opens a slot.
    """
    _check_master(master)
    return hmac.digest(master, b"induct-key-name-v1", "sha256")[:8].hex()


def seal_list(
    slots: Sequence[Slot],
    salts: Callable[[str, int], bytes],
    *,
    study: str,
    list_id: str,
    key: bytes,
    nonce: Callable[[], bytes],
) -> SealedList:
    """Seal every slot of a list.

    ``salts`` gives the 32-byte salt of (label, position); ``nonce`` gives 12 fresh random bytes at
    each call. Raises ``ValueError`` for no slot, positions that do not count 1..n in each stratum,
    content wider than 63 bytes, a salt or nonce of another length, or a nonce given twice.
    """
    ordered = sorted(slots, key=lambda slot: (slot.label.encode(), slot.position))
    _check_sequence(ordered)
    salted = [(slot, salts(slot.label, slot.position)) for slot in ordered]
    bound = [
        commitments.commitment(list_id, slot.label, slot.position, salt, slot.content)
        for slot, salt in salted
    ]
    nonces = _nonces(nonce, len(salted))
    cipher, paths = _cipher(key), merkle.paths(bound)
    sealed = []
    for index, (slot, salt) in enumerate(salted):
        once, place = nonces[index], _bound_to(study, list_id, slot)
        closed = once + cipher.encrypt(once, salt + _padded(slot.content), place)
        path = b"".join(paths[index])
        sealed.append(SealedSlot(slot.label, slot.position, index, closed, bound[index], path))
    return SealedList(tuple(sealed), merkle.root(bound), sealed_sha256(sealed))


def sealed_sha256(slots: Iterable[SealedSlot]) -> bytes:
    """SHA-256 over all stored fields of the sealed slots in order, each with its length before it.

    It covers ciphertext only, so it may be published.
    """
    digest = hashlib.sha256(_joined("induct-sealed-list-v1"))
    for slot in slots:
        fields = (slot.label.encode(), slot.ciphertext, slot.commitment, slot.path)
        digest.update(slot.position.to_bytes(8, "big") + slot.leaf_index.to_bytes(8, "big"))
        for value in fields:
            digest.update(len(value).to_bytes(8, "big") + value)
    return digest.digest()


def open_slot(key: bytes, sealed: SealedSlot, *, study: str, list_id: str) -> Opening:
    """Decrypt one slot. `check` must follow before the content is used.

    Raises `SealBroken` for a wrong key, a changed byte, or a ciphertext of another slot.
    """
    from cryptography.exceptions import InvalidTag

    once, body = sealed.ciphertext[:NONCE_BYTES], sealed.ciphertext[NONCE_BYTES:]
    try:
        plain = _cipher(key).decrypt(once, body, _bound_to(study, list_id, sealed))
        return Opening(_unpadded(plain[commitments.SALT_BYTES :]), plain[: commitments.SALT_BYTES])
    except (InvalidTag, ValueError):
        # Without its cause: a trace must not carry what was decrypted.
        raise _broken(sealed, list_id, "the ciphertext does not open") from None


def check(sealed: SealedSlot, opening: Opening, *, list_id: str, root: bytes, count: int) -> None:
    """Hold an opened slot against its commitment, then against the manifest's root.

    Raises `SealBroken` where either differs: the content must not be used, and the list is to be
    suspended.
    """
    recomputed = commitments.commitment(
        list_id, sealed.label, sealed.position, opening.salt, opening.content
    )
    if not hmac.compare_digest(recomputed, sealed.commitment):
        raise _broken(sealed, list_id, "the commitment is another one")
    try:
        reached = merkle.root_of_path(sealed.leaf_index, count, recomputed, path_hashes(sealed))
    except ValueError:
        raise _broken(sealed, list_id, "the path does not fit the tree") from None
    if not hmac.compare_digest(reached, root):
        raise _broken(sealed, list_id, "the path leads to another root")


def path_hashes(sealed: SealedSlot) -> tuple[bytes, ...]:
    """The stored path as single hashes, leaf to root; a torn last hash stays short."""
    width = merkle.HASH_BYTES
    return tuple(sealed.path[at : at + width] for at in range(0, len(sealed.path), width))


def _broken(sealed: SealedSlot, list_id: str, reason: str) -> SealBroken:
    return SealBroken(list_id, sealed.label, sealed.position, reason)


def _cipher(key: bytes) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(key) != KEY_BYTES:
        raise ValueError("a list key has 32 bytes")
    return AESGCM(key)


def _bound_to(study: str, list_id: str, slot: Slot | SealedSlot) -> bytes:
    return _joined(VERSION, study, list_id, slot.label) + slot.position.to_bytes(8, "big")


def _joined(*texts: str) -> bytes:
    if any("\x00" in text for text in texts):
        raise ValueError("no zero byte may stand in a name")
    return b"".join(text.encode() + b"\x00" for text in texts)


def _padded(content: str) -> bytes:
    raw = content.encode()
    if not 1 <= len(raw) <= CONTENT_BYTES:
        raise ValueError("the content of a slot has 1 to 63 bytes")
    return bytes([len(raw)]) + raw.ljust(CONTENT_BYTES, b"\x00")


def _unpadded(padded: bytes) -> str:
    if len(padded) != CONTENT_BYTES + 1 or not 1 <= padded[0] <= CONTENT_BYTES:
        raise ValueError("not the content of a slot")
    return padded[1 : padded[0] + 1].decode()


def _check_master(master: bytes) -> None:
    if len(master) != KEY_BYTES:
        raise ValueError("a master key has 32 bytes")


def _check_sequence(ordered: Sequence[Slot]) -> None:
    before: Slot | None = None
    for slot in ordered:
        same = before is not None and before.label == slot.label
        if slot.position != (before.position + 1 if before is not None and same else 1):
            raise ValueError(f"positions of stratum {slot.label} do not count 1, 2, 3")
        before = slot


def _nonces(nonce: Callable[[], bytes], count: int) -> list[bytes]:
    made = [nonce() for _ in range(count)]
    if any(len(once) != NONCE_BYTES for once in made) or len(set(made)) != count:
        raise ValueError("each slot needs 12 bytes of its own as nonce")
    return made
