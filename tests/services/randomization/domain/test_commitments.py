"""Salts, commitments and the chain of used slots against published vectors."""

import hmac
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.randomization.domain.commitments import commitment, salt
from services.randomization.domain.used_chain import START, UsedSlot, chain, heads, link
from tests.support.sealed_lists import LIST_ID, SECRET, contents_of

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1)
POSITIONS = st.integers(1, 10**6)
SALTS = st.binary(min_size=32, max_size=32)


def test_the_hmac_of_this_machine_gives_case_one_of_rfc_4231() -> None:
    assert (
        hmac.digest(b"\x0b" * 20, b"Hi There", "sha256").hex()
        == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    )


def test_the_published_salt_comes_out() -> None:
    assert (
        salt(SECRET, LIST_ID, "f1=a;f2=x", 1).hex()
        == "2fc8db0529215c93273aeea4f4712e31062aac57c8f933a29397fe1e4a4ce288"
    )


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("f1=a;f2=x", "d0a17009656a597583ff9b86e9061a4dca55c08a4f3d668f9e2abb1f714a6f85"),
        ("f1=b;f2=x", "0815883129f9cff58c90b40691c7d3159c16762a0c292e4e06aa1dbc49565900"),
    ],
)
def test_the_published_commitments_come_out(label: str, expected: str) -> None:
    first = contents_of("permuted_blocks")[label][0]
    made = commitment(LIST_ID, label, 1, salt(SECRET, LIST_ID, label, 1), first)
    assert made.hex() == expected


@given(
    st.lists(st.tuples(TEXTS, TEXTS, POSITIONS, SALTS, TEXTS), min_size=2, max_size=2, unique=True)
)
def test_two_different_slots_never_share_a_commitment(
    slots: list[tuple[str, str, int, bytes, str]],
) -> None:
    first, second = slots
    assert commitment(*first) != commitment(*second)


def test_text_cannot_move_from_one_field_to_the_next() -> None:
    with pytest.raises(ValueError, match="zero byte"):
        commitment("L\x00a", "b", 1, bytes(32), "INO")
    with pytest.raises(ValueError, match="32 bytes"):
        commitment("L", "a", 1, bytes(31), "INO")
    with pytest.raises(ValueError, match="32 bytes"):
        commitment("L", "a", 1, bytes(33), "NO")


def test_a_slot_without_content_or_place_is_refused() -> None:
    with pytest.raises(ValueError, match="content"):
        commitment("L", "a", 1, bytes(32), "")
    for position in (0, -1, 2**63):
        with pytest.raises(ValueError, match="count from 1"):
            salt(SECRET, "L", "a", position)


USED = [UsedSlot(f"R-{n}", "a", n, "INO", f"2026-01-0{n}T00:00:00Z") for n in (1, 2, 3)]


@pytest.mark.parametrize("field", ["randomization_number", "arm", "randomized_at", "label"])
def test_a_change_of_one_used_slot_changes_every_later_link(field: str) -> None:
    changed = [replace(USED[0], **{field: "x"}), *USED[1:]]
    if field == "label":
        changed = [replace(slot, label="x") for slot in USED]
    links = [made for _, made in chain("L", USED)]
    others = [made for _, made in chain("L", changed)]
    assert not set(links) & set(others)


def test_each_stratum_has_a_chain_of_its_own() -> None:
    other = UsedSlot("R-9", "b", 1, "INO", "2026-01-01T00:00:00Z")
    both = heads("L", [USED[1], other, USED[0], USED[2]])
    assert both == {**heads("L", USED), "b": link("L", START, other).hex()}


def test_a_gap_in_the_used_slots_has_no_chain() -> None:
    with pytest.raises(ValueError, match="position 2"):
        chain("L", [USED[0], USED[2]])


def test_a_link_stands_on_a_whole_link() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        link("L", b"", USED[0])
