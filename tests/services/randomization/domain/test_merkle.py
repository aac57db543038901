"""The tree against the recursive definition of RFC 6962 and a root that others computed too."""

import contextlib
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.randomization.domain.merkle import paths, root, root_of_path
from tests.support.sealed_lists import sealed_world

LEAVES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70)


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def mth(d: list[bytes]) -> bytes:
    """MTH(D) as RFC 6962 section 2.1 writes it."""
    if len(d) == 1:
        return sha(b"\x00" + d[0])
    k = 1
    while k * 2 < len(d):
        k *= 2
    return sha(b"\x01" + mth(d[:k]) + mth(d[k:]))


def audit_path(m: int, d: list[bytes]) -> list[bytes]:
    """PATH(m, D) as RFC 6962 section 2.1.1 writes it."""
    if len(d) == 1:
        return []
    k = 1
    while k * 2 < len(d):
        k *= 2
    if m < k:
        return [*audit_path(m, d[:k]), mth(d[k:])]
    return [*audit_path(m - k, d[k:]), mth(d[:k])]


def test_the_published_root_over_51_slots_comes_out() -> None:
    sealed = sealed_world().sealed
    assert len(sealed.slots) == 51
    assert sealed.root.hex() == "0145c22fbd6997711e67f92be3186141c60b93d7e6774eb39c63b4d6dcf2b584"


@given(LEAVES)
def test_root_and_paths_are_those_of_rfc_6962(leaves: list[bytes]) -> None:
    assert root(leaves) == mth(leaves)
    assert [list(path) for path in paths(leaves)] == [
        audit_path(index, leaves) for index in range(len(leaves))
    ]


@given(LEAVES)
def test_every_path_leads_to_the_root(leaves: list[bytes]) -> None:
    top = root(leaves)
    for index, path in enumerate(paths(leaves)):
        assert root_of_path(index, len(leaves), leaves[index], path) == top


@given(LEAVES.filter(lambda leaves: len(set(leaves)) == len(leaves) > 1), st.data())
def test_a_path_leads_elsewhere_from_another_leaf_place_or_hash(
    leaves: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    other = data.draw(st.integers(0, len(leaves) - 1).filter(lambda at: at != index))
    path, top = list(paths(leaves)[index]), root(leaves)
    assert root_of_path(index, len(leaves), leaves[other], path) != top
    at = data.draw(st.integers(0, len(path) - 1))
    bit = data.draw(st.integers(0, 255))
    torn = (int.from_bytes(path[at], "big") ^ 1 << bit).to_bytes(32, "big")
    assert root_of_path(index, len(leaves), leaves[index], [*path[:at], torn, *path[at + 1 :]]) != (
        top
    )
    with contextlib.suppress(ValueError):  # a path of another length does not fit there at all
        assert root_of_path(other, len(leaves), leaves[index], path) != top


@given(LEAVES)
def test_a_path_of_another_length_is_refused(leaves: list[bytes]) -> None:
    for index, path in enumerate(paths(leaves)):
        with pytest.raises(ValueError, match="too long"):
            root_of_path(index, len(leaves), leaves[index], [*path, bytes(32)])
        if path:
            with pytest.raises(ValueError, match="too short"):
                root_of_path(index, len(leaves), leaves[index], path[:-1])


def test_a_place_outside_the_tree_or_a_torn_hash_is_refused() -> None:
    for index, count in ((-1, 1), (1, 1), (0, 0)):
        with pytest.raises(ValueError, match="outside"):
            root_of_path(index, count, bytes(32), [])
    with pytest.raises(ValueError, match="32 bytes"):
        root_of_path(0, 2, bytes(32), [bytes(31)])


def test_a_node_cannot_pass_as_a_leaf() -> None:
    leaves = [bytes([n]) * 32 for n in range(4)]
    left, right = (sha(b"\x01" + mth([a]) + mth([b])) for a, b in (leaves[:2], leaves[2:]))
    assert root([left, right]) != root(leaves)


def test_an_empty_list_has_no_root() -> None:
    for function in (root, paths):
        with pytest.raises(ValueError, match="without a slot"):
            function([])
