"""The chain of used slots: one chain a stratum, a link a slot, in the order of positions.

The last link of a stratum, noted where the operator cannot reach it (a daily report), later shows
that no allocation up to it was removed, added or rewritten. One chain a stratum, because an
allocation locks its stratum anyway and must not wait for the others.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from services.randomization.domain.commitments import place_bytes, text_bytes

VERSION = "induct-used-v1"
LINK_BYTES = 32
START = bytes(LINK_BYTES)


@dataclass(frozen=True)
class UsedSlot:
    """An allocation as it is revealed. ``randomized_at`` is text, ISO 8601 with its offset."""

    randomization_number: str
    label: str
    position: int
    arm: str
    randomized_at: str


def link(list_id: str, previous: bytes, used: UsedSlot) -> bytes:
    """The link of one used slot; ``previous`` is the link before it, `START` at position 1.

    Raises ``ValueError`` for a ``previous`` that is not 32 bytes long or a text with a zero byte.
    """
    if len(previous) != LINK_BYTES:
        raise ValueError("a link has 32 bytes")
    place = place_bytes(VERSION, list_id, used.label, at=used.position)
    said = (used.randomization_number, used.arm, used.randomized_at)
    return hashlib.sha256(place + previous + b"\x00".join(map(text_bytes, said))).digest()


def chain(list_id: str, used: Iterable[UsedSlot]) -> list[tuple[UsedSlot, bytes]]:
    """The used slots by (label as bytes, position), each with its link.

    Raises ``ValueError`` where the used slots of a stratum are not its first ones without a gap.
    """
    linked: list[tuple[UsedSlot, bytes]] = []
    last: dict[str, tuple[int, bytes]] = {}
    for slot in sorted(used, key=lambda one: (one.label.encode(), one.position)):
        position, previous = last.get(slot.label, (0, START))
        if slot.position != position + 1:
            raise ValueError(f"stratum {slot.label}: position {position + 1} is not the next used")
        made = link(list_id, previous, slot)
        last[slot.label] = (slot.position, made)
        linked.append((slot, made))
    return linked


def heads(list_id: str, used: Iterable[UsedSlot]) -> dict[str, str]:
    """The last link of every stratum that has an allocation, as 64 hexadecimal digits."""
    return {slot.label: made.hex() for slot, made in chain(list_id, used)}
