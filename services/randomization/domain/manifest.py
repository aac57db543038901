"""The manifest: what is published when a list goes into force, signed with Ed25519.

It binds the operator to one list before the first child is allocated and tells no one a future
arm. Block sizes and seeds stay out; the parameters stand in it as a salted hash that is opened at
the reveal.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from services.randomization.domain.commitments import SALT_BYTES

FORMAT = "induct-manifest-v1"
PARAMETERS_VERSION = b"induct-parameters-v1"
SEED_BYTES = 32
# Every JSON reader holds integers up to here exactly (RFC 8259 section 6).
LARGEST = 2**53 - 1


class ManifestForged(Exception):
    """A manifest's signature does not belong to its content and the key."""


@dataclass(frozen=True)
class ManifestFacts:
    """Everything a manifest states. Hashes are 64 lower-case hexadecimal digits.

    ``ratio`` maps each arm's code to its share in configured order; ``strata`` are all labels
    (``*`` alone for a list that is not stratified). ``approver`` is the second person.
    ``activated_at`` is text, ISO 8601 in UTC. ``extends`` is the list that this one continues.
    """

    study: str
    mode: str
    purpose: str
    list_id: str
    algorithm: str
    method: str
    root: str
    leaf_count: int
    ratio: Mapping[str, int]
    strata: tuple[str, ...]
    sealed_sha256: str
    parameters_sha256: str
    key_name: str
    author: str
    approver: str
    activated_at: str
    definition_version: str
    definition_sha256: str
    extends: str | None = None

    def as_content(self) -> dict[str, object]:
        """The manifest as JSON content: integers, texts, lists and objects only."""
        content: dict[str, object] = {
            "format": FORMAT,
            "study": self.study,
            "mode": self.mode,
            "purpose": self.purpose,
            "list_id": self.list_id,
            "algorithm": self.algorithm,
            "method": self.method,
            "root": self.root,
            "leaf_count": self.leaf_count,
            "arms": [{"code": code, "ratio": share} for code, share in self.ratio.items()],
            "strata": list(self.strata),
            "sealed_sha256": self.sealed_sha256,
            "parameters_sha256": self.parameters_sha256,
            "key_name": self.key_name,
            "author": self.author,
            "approver": self.approver,
            "activated_at": self.activated_at,
            "definition_version": self.definition_version,
            "definition_sha256": self.definition_sha256,
        }
        return content if self.extends is None else {**content, "extends": self.extends}


def canonical(content: Mapping[str, object]) -> bytes:
    """The one spelling of a content: keys sorted, no white space, UTF-8.

    Raises ``ValueError`` for anything but integers below 2^53, texts, lists and objects: numbers
    with a fraction have more than one spelling.
    """
    _check(content)
    spelled = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return spelled.encode()


def manifest_hash(content: Mapping[str, object]) -> str:
    """SHA-256 of the canonical manifest: the name by which an allocation refers to it."""
    return hashlib.sha256(canonical(content)).hexdigest()


def parameters_commitment(parameters: Mapping[str, object], salt: bytes) -> str:
    """The salted hash of the full parameters: 64 hexadecimal digits.

    Without the 32-byte salt nobody can try out block sizes against it. Raises ``ValueError`` for a
    shorter or longer salt, and as `canonical`.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError("the salt of the parameters has 32 bytes")
    joined = PARAMETERS_VERSION + b"\x00" + salt + canonical(parameters)
    return hashlib.sha256(joined).hexdigest()


def sign(content: bytes, seed: bytes) -> bytes:
    """The Ed25519 signature (RFC 8032, 64 bytes) of canonical content by a 32-byte seed."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).sign(content)


def public_key(seed: bytes) -> bytes:
    """The 32-byte public key of a seed."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def verify(content: bytes, signature: bytes, public_key: bytes) -> None:
    """Raise `ManifestForged` where the signature is not of this content by this key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, content)
    except (InvalidSignature, ValueError):
        raise ManifestForged("the signature is not of this manifest by this key") from None


def bundle(content: Mapping[str, object], seed: bytes) -> dict[str, object]:
    """A manifest as it is published: content, signature and public key (both hexadecimal)."""
    return {
        "manifest": dict(content),
        "signature": sign(canonical(content), seed).hex(),
        "public_key": public_key(seed).hex(),
    }


def _check(value: object) -> None:
    if isinstance(value, str):
        value.encode()  # a lone surrogate has no UTF-8: UnicodeEncodeError is a ValueError
    elif isinstance(value, Mapping):
        for name, member in value.items():
            if not isinstance(name, str):
                raise ValueError("the names of an object are texts")
            _check(name)
            _check(member)
    elif isinstance(value, list | tuple):
        for member in value:
            _check(member)
    elif isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST:
        raise ValueError("only whole numbers below 2^53, texts, lists and objects are allowed")
