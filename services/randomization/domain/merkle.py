"""A Merkle tree over the commitments of a list, in the shape of RFC 6962 section 2.1.

One root stands for every slot; a path of sibling hashes shows that one slot belongs to it and
shows no other slot. Leaf and node have prefixes of their own (0x00, 0x01), so that a node can
never be passed off as a leaf.
"""

import hashlib
from collections.abc import Sequence

HASH_BYTES = 32


def root(commitments: Sequence[bytes]) -> bytes:
    """The root over all commitments in order. Raises ``ValueError`` where there is none."""
    return _grow(_leaves(commitments))[0]


def paths(commitments: Sequence[bytes]) -> list[tuple[bytes, ...]]:
    """For each commitment in order its siblings from the leaf up to the root.

    This is the audit path of RFC 6962 section 2.1.1. Raises ``ValueError`` where there is none.
    """
    _, climbs = _grow(_leaves(commitments))
    return [tuple(climb) for climb in climbs]


def root_of_path(index: int, count: int, commitment: bytes, path: Sequence[bytes]) -> bytes:
    """The root that follows from one commitment at ``index`` of ``count`` and its path.

    The caller compares it with the published root. Raises ``ValueError`` where the path has not
    the length or the hash size that this place in a tree of this size needs.
    """
    if not 0 <= index < count:
        raise ValueError("the index lies outside the tree")
    if any(len(sibling) != HASH_BYTES for sibling in path):
        raise ValueError("a path holds hashes of 32 bytes")
    value, last, rest = _leaf(commitment), count - 1, list(path)
    while last:
        # A right-most node without a sibling rises unhashed to the next level.
        if index % 2 or index < last:
            if not rest:
                raise ValueError("the path is too short for this place")
            sibling = rest.pop(0)
            value = _node(sibling, value) if index % 2 else _node(value, sibling)
        index, last = index // 2, last // 2
    if rest:
        raise ValueError("the path is too long for this place")
    return value


def _leaves(commitments: Sequence[bytes]) -> list[bytes]:
    if not commitments:
        raise ValueError("a list without a slot has no root")
    return [_leaf(value) for value in commitments]


def _grow(leaves: list[bytes]) -> tuple[bytes, list[list[bytes]]]:
    """The root over hashed leaves, and each leaf's siblings on the way up."""
    if len(leaves) == 1:
        return leaves[0], [[]]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, left_climbs = _grow(leaves[:split])
    right, right_climbs = _grow(leaves[split:])
    for climb in left_climbs:
        climb.append(right)
    for climb in right_climbs:
        climb.append(left)
    return _node(left, right), left_climbs + right_climbs


def _leaf(commitment: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + commitment).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
