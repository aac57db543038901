"""A sealed slot opens whole, in its own place, with its own key, or not at all."""

import hashlib
import hmac
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.randomization.domain.sealing import (
    SealBroken,
    SealedSlot,
    check,
    key_name,
    list_key,
    open_slot,
    path_hashes,
    seal_list,
    sealed_sha256,
)
from services.randomization.domain.slots import Slot
from tests.support.sealed_lists import LIST_ID, MASTER, STUDY, salt_of, sealed_world

WORLD = sealed_world()
COUNT = len(WORLD.slots)
ROOT = WORLD.sealed.root


def opened(sealed: SealedSlot, key: bytes = WORLD.key) -> str:
    """Open and check as an allocation does."""
    opening = open_slot(key, sealed, study=STUDY, list_id=LIST_ID)
    check(sealed, opening, list_id=LIST_ID, root=ROOT, count=COUNT)
    return opening.content


def counting() -> Callable[[], bytes]:
    numbers = count()
    return lambda: next(numbers).to_bytes(12, "big")


def seal(slots: list[Slot], nonce: Callable[[], bytes] | None = None) -> object:
    return seal_list(
        slots, salt_of, study=STUDY, list_id=LIST_ID, key=WORLD.key, nonce=nonce or counting()
    )


def test_every_slot_opens_to_what_was_sealed() -> None:
    assert [opened(sealed) for sealed in WORLD.sealed.slots] == [s.content for s in WORLD.slots]


def test_the_order_in_which_slots_are_brought_does_not_matter() -> None:
    assert seal(list(reversed(WORLD.slots))) == seal(list(WORLD.slots))


def test_no_length_tells_the_arm() -> None:
    assert {slot.content for slot in WORLD.slots} == {"INO", "ALLR3"}
    assert len({len(sealed.ciphertext) for sealed in WORLD.sealed.slots}) == 1


@given(st.integers(0, COUNT - 1), st.data())
def test_any_flipped_bit_of_a_stored_slot_is_caught_by_name(at: int, data: st.DataObject) -> None:
    sealed = WORLD.sealed.slots[at]
    field = data.draw(st.sampled_from(["ciphertext", "commitment", "path"]))
    value = getattr(sealed, field)
    bit = data.draw(st.integers(0, 8 * len(value) - 1))
    flipped = (int.from_bytes(value, "big") ^ 1 << bit).to_bytes(len(value), "big")
    with pytest.raises(SealBroken) as broken:
        opened(replace(sealed, **{field: flipped}))
    assert (broken.value.list_id, broken.value.label, broken.value.position) == (
        LIST_ID,
        sealed.label,
        sealed.position,
    )


@given(st.integers(0, COUNT - 1), st.data())
def test_a_slot_cut_anywhere_is_caught(at: int, data: st.DataObject) -> None:
    sealed = WORLD.sealed.slots[at]
    field = data.draw(st.sampled_from(["ciphertext", "path"]))
    value = getattr(sealed, field)
    with pytest.raises(SealBroken):
        opened(replace(sealed, **{field: value[: data.draw(st.integers(0, len(value) - 1))]}))


@given(st.permutations(range(COUNT)).map(lambda order: order[:2]))
def test_what_belongs_to_one_slot_serves_no_other(pair: list[int]) -> None:
    one, other = (WORLD.sealed.slots[at] for at in pair)
    for moved in (
        replace(one, ciphertext=other.ciphertext),
        replace(one, commitment=other.commitment),
        replace(one, leaf_index=other.leaf_index, path=other.path),
        replace(other, label=one.label, position=one.position),
    ):
        with pytest.raises(SealBroken):
            opened(moved)


@pytest.mark.parametrize(
    ("study", "list_id"), [("other", LIST_ID), (STUDY, "OTHER"), (STUDY + LIST_ID, "")]
)
def test_a_key_serves_one_list_of_one_study(study: str, list_id: str) -> None:
    with pytest.raises(SealBroken, match="does not open"):
        opened(WORLD.sealed.slots[0], list_key(MASTER, study, list_id))
    with pytest.raises(SealBroken, match="does not open"):
        open_slot(WORLD.key, WORLD.sealed.slots[0], study=study, list_id=list_id)


def test_a_list_with_another_root_or_size_is_refused() -> None:
    sealed = WORLD.sealed.slots[7]
    opening = open_slot(WORLD.key, sealed, study=STUDY, list_id=LIST_ID)
    for root, size, reason in ((bytes(32), COUNT, "another root"), (ROOT, 7, "does not fit")):
        with pytest.raises(SealBroken, match=reason):
            check(sealed, opening, list_id=LIST_ID, root=root, count=size)


def test_another_content_or_salt_than_was_committed_to_is_refused() -> None:
    sealed = WORLD.sealed.slots[0]
    opening = open_slot(WORLD.key, sealed, study=STUDY, list_id=LIST_ID)
    for other in (replace(opening, content="ALLR3"), replace(opening, salt=bytes(32))):
        with pytest.raises(SealBroken, match="commitment"):
            check(sealed, other, list_id=LIST_ID, root=ROOT, count=COUNT)


def test_neither_refusal_nor_opening_shows_an_arm() -> None:
    sealed = WORLD.sealed.slots[0]
    opening = open_slot(WORLD.key, sealed, study=STUDY, list_id=LIST_ID)
    assert opening.content not in repr(opening)
    with pytest.raises(SealBroken) as broken:
        check(
            replace(sealed, commitment=bytes(32)), opening, list_id=LIST_ID, root=ROOT, count=COUNT
        )
    assert opening.content not in str(broken.value)
    assert opening.salt.hex() not in str(broken.value)


def test_the_key_is_hkdf_of_rfc_5869() -> None:
    extracted = hmac.digest(bytes(32), MASTER, "sha256")
    info = b"induct-seal-v1\x00" + STUDY.encode() + b"\x00" + LIST_ID.encode() + b"\x00"
    assert WORLD.key == hmac.digest(extracted, info + b"\x01", "sha256")


def test_the_name_of_a_key_is_no_part_of_it() -> None:
    name = key_name(MASTER)
    assert len(name) == 16
    assert name not in MASTER.hex()
    assert name != key_name(hashlib.sha256(MASTER).digest())
    for function in (key_name, lambda short: list_key(short, STUDY, LIST_ID)):
        with pytest.raises(ValueError, match="32 bytes"):
            function(MASTER[:31])


@given(st.integers(0, COUNT - 1), st.sampled_from(["ciphertext", "commitment", "path", "position"]))
def test_the_hash_of_the_sealed_list_covers_every_field(at: int, field: str) -> None:
    slots = list(WORLD.sealed.slots)
    value = getattr(slots[at], field)
    changed = value + 1 if isinstance(value, int) else value[:-1]
    slots[at] = replace(slots[at], **{field: changed})
    assert sealed_sha256(WORLD.sealed.slots) == WORLD.sealed.sha256
    assert sealed_sha256(slots) != WORLD.sealed.sha256


def test_a_list_that_cannot_be_sealed_is_refused() -> None:
    slot = Slot("a", 1, "INO")
    for slots, reason in (
        ([], "without a slot"),
        ([slot, slot], "count 1, 2, 3"),
        ([slot, Slot("a", 3, "INO")], "count 1, 2, 3"),
        ([Slot("a", 2, "INO")], "count 1, 2, 3"),
        ([Slot("a", 1, "x" * 64)], "63 bytes"),
        ([Slot("a\x00", 1, "INO")], "zero byte"),
    ):
        with pytest.raises(ValueError, match=reason):
            seal(slots)
    assert seal([Slot("a", 1, "x" * 63)])


def test_a_nonce_is_never_used_twice() -> None:
    for nonce in (lambda: bytes(12), lambda: b"short"):
        with pytest.raises(ValueError, match="nonce"):
            seal([Slot("a", 1, "INO"), Slot("a", 2, "INO")], nonce)


def test_a_path_is_stored_as_whole_hashes() -> None:
    assert all(len(part) == 32 for s in WORLD.sealed.slots for part in path_hashes(s))


def test_no_module_loads_the_library_for_encryption_before_it_is_needed() -> None:
    code = (
        "import sys; from services.randomization.domain import"
        " commitments, manifest, merkle, reveal, sealing, used_chain;"
        " sys.exit(any(name.split('.')[0] == 'cryptography' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
