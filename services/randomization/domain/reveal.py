"""The revealed list: one file with which a stranger checks the whole randomization.

It opens every slot, tells the parameters and the secret, and lists the allocations in the order of
the slots, each with its link in the chain of its stratum.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.randomization.domain.commitments import commitment
from services.randomization.domain.slots import Slot
from services.randomization.domain.used_chain import UsedSlot, chain

SECRET_BYTES = 32


@dataclass(frozen=True, repr=False)
class Parameters:
    """What was hidden until now: the parameters, the salt of their hash (32 bytes), and the
    32-byte secret, None for a list that was uploaded."""

    content: Mapping[str, object]
    salt: bytes
    secret: bytes | None


def reveal(
    published: Mapping[str, object],
    parameters: Parameters,
    slots: Sequence[tuple[Slot, bytes]],
    used: Iterable[UsedSlot],
) -> bytes:
    """The file to publish: one line of JSON with sorted keys, and a line end.

    ``published`` is the manifest's bundle as it stood at activation, ``slots`` every slot with its
    salt. Raises ``ValueError`` for a bundle without manifest, and as `chain`.
    """
    manifest = published["manifest"]
    if not isinstance(manifest, Mapping):
        raise ValueError("the bundle holds no manifest")
    list_id = str(manifest["list_id"])
    ordered = sorted(slots, key=lambda pair: (pair[0].label.encode(), pair[0].position))
    content: dict[str, object] = {
        "manifest": manifest,
        "signature": published["signature"],
        "public_key": published["public_key"],
        "parameters": parameters.content,
        "parameters_salt": parameters.salt.hex(),
        "secret": None if parameters.secret is None else parameters.secret.hex(),
        "slots": [_opened(list_id, slot, salt) for slot, salt in ordered],
        "allocations": [_allocation(slot, link) for slot, link in chain(list_id, used)],
    }
    return _published(content)


def as_published(revealed: Mapping[str, object], secret: bytes | None = None) -> bytes:
    """The file to publish of what the service answered, with the secret that its maker adds.

    Raises ``ValueError`` for a secret that is not 32 bytes long.
    """
    content = {name: value for name, value in revealed.items() if name != "digest"}
    if secret is not None:
        if len(secret) != SECRET_BYTES:
            raise ValueError("a secret has 32 bytes")
        content["secret"] = secret.hex()
    return _published(content)


def _published(content: Mapping[str, object]) -> bytes:
    digest = hashlib.sha256(_spelled(content)).hexdigest()
    return _spelled({**content, "digest": digest}) + b"\n"


def _spelled(content: Mapping[str, object]) -> bytes:
    """As the canonical manifest, but ``null`` is allowed: an uploaded list has no secret."""
    spelled = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return spelled.encode()


def _opened(list_id: str, slot: Slot, salt: bytes) -> dict[str, object]:
    bound = commitment(list_id, slot.label, slot.position, salt, slot.content)
    return {
        "label": slot.label,
        "position": slot.position,
        "content": slot.content,
        "salt": salt.hex(),
        "commitment": bound.hex(),
    }


def _allocation(slot: UsedSlot, link: bytes) -> dict[str, object]:
    return {
        "randomization_number": slot.randomization_number,
        "label": slot.label,
        "position": slot.position,
        "arm": slot.arm,
        "randomized_at": slot.randomized_at,
        "link": link.hex(),
    }
