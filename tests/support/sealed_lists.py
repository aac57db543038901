"""A small list in each method, sealed, activated, partly used and revealed, with fixed secrets."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import count, islice
from typing import Any

from services.randomization.domain import biased_coin, commitments, generator, manifest, sealing
from services.randomization.domain.reveal import Parameters, reveal
from services.randomization.domain.slots import Slot
from services.randomization.domain.used_chain import UsedSlot

SECRET = bytes(range(32))
MASTER = hashlib.sha256(b"a master key for tests").digest()
SEED = hashlib.sha256(b"a signing seed for tests").digest()
PARAMETERS_SALT = hashlib.sha256(b"a salt for tests").digest()
STUDY = "nct05748171"
LIST_ID = "TEST-LIST-1"
STRATA = ("f1=a;f2=x", "f1=b;f2=x")
START = datetime(2026, 1, 5, 8, tzinfo=UTC)
RATIO = {"INO": 2, "ALLR3": 1}
EVEN = {"CTL": 1, "EXP": 1}


@dataclass(frozen=True)
class SealedWorld:
    """Everything that the operator and the public hold of one list."""

    slots: tuple[Slot, ...]
    sealed: sealing.SealedList
    key: bytes
    bundle: dict[str, Any]
    used: tuple[UsedSlot, ...]
    revealed: bytes

    def salt(self, label: str, position: int) -> bytes:
        """The salt of one slot."""
        return salt_of(label, position)

    def allocation(self, at: int) -> dict[str, Any]:
        """The answer to the allocation that took the slot at this place of the list."""
        slot, sealed = self.slots[at], self.sealed.slots[at]
        return {
            "subject": "S-001",
            "arm": slot.content,
            "stratum": slot.label,
            "opening": {
                "list_id": LIST_ID,
                "label": slot.label,
                "position": slot.position,
                "content": slot.content,
                "salt": salt_of(slot.label, slot.position).hex(),
                "commitment": sealed.commitment.hex(),
                "leaf_index": sealed.leaf_index,
                "leaf_count": len(self.slots),
                "path": [sibling.hex() for sibling in sealing.path_hashes(sealed)],
            },
        }


def salt_of(label: str, position: int) -> bytes:
    """The salt that the secret gives."""
    return commitments.salt(SECRET, LIST_ID, label, position)


def parameters_of(method: str) -> dict[str, Any]:
    """The hidden parameters of each method as JSON."""
    of_method: dict[str, dict[str, Any]] = {
        "permuted_blocks": {"block_sizes": [3, 6, 9], "capacity": 24},
        "uploaded_list": {"slots_per_stratum": 3},
        "minimisation": {"draws": 7},
        "biased_coin": {"probability": {"numerator": 4, "denominator": 6}, "capacity": 30},
        "big_stick": {"limit": 2, "capacity": 30},
    }
    return {"method": method, **of_method[method]}


def contents_of(method: str) -> dict[str, Sequence[str]]:
    """What the service's own generator makes for each label."""
    if method == "minimisation":
        return {"*": generator.draws(SECRET, LIST_ID, 7)}
    return {label: _stratum(method, label) for label in STRATA}


def _stratum(method: str, label: str) -> Sequence[str]:
    if method == "permuted_blocks":
        return generator.permuted_blocks(
            SECRET, LIST_ID, label, ratio=RATIO, block_sizes=(3, 6, 9), capacity=24
        )
    arms = list(EVEN)
    if method == "biased_coin":
        return biased_coin.efron(
            SECRET, LIST_ID, label, arms=arms, probability=Fraction(2, 3), capacity=30
        )
    if method == "big_stick":
        return biased_coin.big_stick(SECRET, LIST_ID, label, arms=arms, limit=2, capacity=30)
    return ("INO", "ALLR3", "INO")


def sealed_world(method: str = "permuted_blocks", each_used: int = 5) -> SealedWorld:
    """A list of which the first slots of every stratum are used, up to ``each_used``."""
    contents = contents_of(method)
    slots = tuple(
        Slot(label, position, content)
        for label, made in contents.items()
        for position, content in enumerate(made, start=1)
    )
    key = sealing.list_key(MASTER, STUDY, LIST_ID)
    counter = count()
    sealed = sealing.seal_list(
        slots,
        salt_of,
        study=STUDY,
        list_id=LIST_ID,
        key=key,
        nonce=lambda: next(counter).to_bytes(12, "big"),
    )
    ratio = EVEN if method in {"biased_coin", "big_stick"} else RATIO
    parameters = parameters_of(method)
    bundle = manifest.bundle(facts(sealed, method, ratio, parameters).as_content(), SEED)
    used = tuple(
        UsedSlot(
            f"R-{label[-6:]}-{slot.position * 7 % 50}",
            label,
            slot.position,
            "INO" if label == "*" else slot.content,
            (START + timedelta(hours=slot.position)).isoformat(),
        )
        for label in contents
        for slot in islice((s for s in slots if s.label == label), each_used)
    )
    secret = None if method == "uploaded_list" else SECRET
    opened = [(slot, salt_of(slot.label, slot.position)) for slot in slots]
    hidden = Parameters(parameters, PARAMETERS_SALT, secret)
    return SealedWorld(slots, sealed, key, bundle, used, reveal(bundle, hidden, opened, used))


def facts(
    sealed: sealing.SealedList, method: str, ratio: dict[str, int], parameters: dict[str, Any]
) -> manifest.ManifestFacts:
    """The manifest's facts of a sealed list."""
    return manifest.ManifestFacts(
        study=STUDY,
        mode="live",
        purpose="main",
        list_id=LIST_ID,
        algorithm=generator.VERSION,
        method=method,
        root=sealed.root.hex(),
        leaf_count=len(sealed.slots),
        ratio=ratio,
        strata=("*",) if method == "minimisation" else STRATA,
        sealed_sha256=sealed.sha256.hex(),
        parameters_sha256=manifest.parameters_commitment(parameters, PARAMETERS_SALT),
        key_name=sealing.key_name(MASTER),
        author="statistician-1",
        approver="statistician-2",
        activated_at=START.isoformat(),
        definition_version="1",
        definition_sha256=hashlib.sha256(b"definition").hexdigest(),
    )
