"""Whether what is stored of allocations fits their slots, their openings, and yesterday's chains.

An allocation never changes, and the database refuses to change one; whoever owns the database can
do so nevertheless. Here it shows: the arm is held against the opening, the opening against the
slot, the slot against the root that was published, and every chain against its head of the night
before.
"""

import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.randomization.domain import commitments, merkle, used_chain
from services.randomization.domain.reconciliation import Difference
from services.randomization.domain.used_chain import UsedSlot

Chain = tuple[str, str]
"""A list and a label in it."""


@dataclass(frozen=True, repr=False)
class Given:
    """An allocation, or an envelope that was voided, as it is stored.

    ``used`` is None for a forced allocation, which has no slot; ``expected`` is the arm that
    another record tells (a forced allocation's proposal), ``decided`` the fake arm that the
    explanation tells. ``owner`` is what the slot is marked with.
    """

    owner: str
    list_id: str | None
    used: UsedSlot | None
    arm: str
    opening: Mapping[str, Any] | None
    fake_arm: str | None = None
    decided: str | None = None
    expected: str | None = None


@dataclass(frozen=True)
class Marked:
    """A used slot as it is stored, with the root and the number of slots of its list."""

    owner: str
    list_id: str
    label: str
    position: int
    leaf_index: int
    commitment: bytes
    path: bytes
    root: bytes
    leaf_count: int


@dataclass(frozen=True)
class Head:
    """The link of the last used slot of a chain, 64 hexadecimal digits."""

    used: int
    link: str


def fits_opening(
    arm: str, opening: Mapping[str, Any] | None, fake_arm: str | None, decided: str | None
) -> bool:
    """Whether an allocation's arm is the one that it was given.

    A slot of a list holds the arm, and the commitment in the opening binds it; a slot of a
    minimisation holds a draw, and the arm is that of the fake arm which the explanation tells.
    """
    if opening is None:
        return True
    bound = _commitment(opening)
    if bound is None or not hmac.compare_digest(bound.hex(), str(opening.get("commitment"))):
        return False
    if fake_arm is None:
        return bool(arm == opening["content"])
    place = fake_arm.removeprefix(f"{arm}-")
    return fake_arm == decided and (fake_arm == arm or (place != fake_arm and place.isdecimal()))


def differences(
    given: Sequence[Given], marked: Sequence[Marked], before: Mapping[Chain, Head]
) -> tuple[list[Difference], dict[Chain, Head]]:
    """What does not fit, and the heads that the next night must find again.

    A chain that does not fit keeps the head of before: it is told every night until it fits.
    """
    slots = {(one.list_id, one.label, one.position): one for one in marked}
    found = [d for one in given for d in _of_given(one, slots)]
    owned = {(one.list_id, one.used.label, one.used.position) for one in given if one.used}
    found += [
        Difference("slot-without-allocation", one.owner, _place(one.list_id, one.label, place))
        for (*_, place), one in slots.items()
        if (one.list_id, one.label, one.position) not in owned
    ]
    broken, heads = _chains(given, before)
    found += broken
    return sorted(found, key=lambda d: (d.subject, d.kind, sorted(d.details.items()))), heads


def _of_given(one: Given, slots: Mapping[tuple[str, str, int], Marked]) -> Iterator[Difference]:
    altered = not fits_opening(one.arm, one.opening, one.fake_arm, one.decided)
    if altered or one.expected not in (None, one.arm):
        yield Difference("allocation-altered", one.owner, {"arm": one.arm})
    if one.used is None or one.list_id is None:
        return
    place = _place(one.list_id, one.used.label, one.used.position)
    slot = slots.get((one.list_id, one.used.label, one.used.position))
    if slot is None:
        yield Difference("allocation-without-slot", one.owner, place)
        return
    if slot.owner != one.owner:
        yield Difference("slot-of-another", one.owner, place | {"slot": slot.owner})
    if one.opening is not None and not _published(one.opening, slot):
        yield Difference("opening-altered", one.owner, place)


def _published(opening: Mapping[str, Any], slot: Marked) -> bool:
    """Whether the opening is of this slot, and the slot of the list whose root was published."""
    width = merkle.HASH_BYTES
    path = [slot.path[at : at + width] for at in range(0, len(slot.path), width)]
    try:
        reached = merkle.root_of_path(slot.leaf_index, slot.leaf_count, slot.commitment, path)
    except ValueError:
        return False
    told = tuple(opening.get(name) for name in ("list_id", "label", "position"))
    return (
        told == (slot.list_id, slot.label, slot.position)
        and _commitment(opening) == slot.commitment
        and reached == slot.root
    )


def _commitment(opening: Mapping[str, Any]) -> bytes | None:
    """The commitment that an opening leads to; None where it is no opening any more."""
    try:
        return commitments.commitment(
            str(opening["list_id"]),
            str(opening["label"]),
            int(opening["position"]),
            bytes.fromhex(opening["salt"]),
            str(opening["content"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _chains(
    given: Iterable[Given], before: Mapping[Chain, Head]
) -> tuple[list[Difference], dict[Chain, Head]]:
    strata: dict[Chain, list[UsedSlot]] = defaultdict(list)
    for one in given:
        if one.used is not None and one.list_id is not None:
            strata[one.list_id, one.used.label].append(one.used)
    found, heads = [], {}
    for chain in sorted(strata.keys() | before.keys()):
        links, known = _links(chain[0], strata[chain]), before.get(chain)
        fits = links is not None and (
            known is None or (known.used <= len(links) and links[known.used - 1] == known.link)
        )
        if links is not None and fits:
            heads[chain] = Head(len(links), links[-1])
            continue
        if known is not None:
            heads[chain] = known
        told = {"list_id": chain[0], "stratum": chain[1], "used": str(len(strata[chain]))}
        found.append(Difference("chain-altered", "", told))
    return found, heads


def _links(list_id: str, used: Sequence[UsedSlot]) -> list[str] | None:
    """The links in order; None where the used slots are not the first ones without a gap."""
    try:
        return [link.hex() for _, link in used_chain.chain(list_id, used)]
    except ValueError:
        return None


def _place(list_id: str, label: str, position: int) -> dict[str, str]:
    return {"list_id": list_id, "stratum": label, "position": str(position)}
