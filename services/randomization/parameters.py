"""The parameters of a list, hidden until the reveal: block sizes would tell what comes next."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.randomization.domain import commitments, manifest, sealing
from services.randomization.vault import Vault

_LABEL = b"parameters"


@dataclass(frozen=True)
class Sealed:
    """The ciphertext to store, and the salted hash to publish."""

    ciphertext: bytes
    sha256: str


def seal_parameters(
    vault: Vault,
    study: str,
    list_id: str,
    parameters: Mapping[str, object],
    entropy: Callable[[int], bytes],
) -> Sealed:
    """Encrypt the parameters with a fresh salt under the list's key."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt = entropy(commitments.SALT_BYTES)
    nonce = entropy(sealing.NONCE_BYTES)
    plain = json.dumps({"parameters": parameters, "salt": salt.hex()}).encode()
    cipher = AESGCM(vault.list_key(study, list_id))
    return Sealed(
        nonce + cipher.encrypt(nonce, plain, _LABEL),
        manifest.parameters_commitment(parameters, salt),
    )


def open_parameters(
    vault: Vault, study: str, list_id: str, ciphertext: bytes
) -> tuple[dict[str, Any], str]:
    """The parameters and the salt (hexadecimal). Raises ``cryptography``'s ``InvalidTag``."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce, body = ciphertext[: sealing.NONCE_BYTES], ciphertext[sealing.NONCE_BYTES :]
    cipher = AESGCM(vault.list_key(study, list_id))
    opened = json.loads(cipher.decrypt(nonce, body, _LABEL))
    return opened["parameters"], opened["salt"]
