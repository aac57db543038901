"""``induct-rand-v1``: permuted blocks and draws from a secret, the same on every machine.

Each stratum has a stream of its own: HMAC-SHA256 in counter mode over the secret, read as 32-bit
big-endian words. Nothing here draws randomness; the secret is all there is. A change of any byte
of this algorithm is a new version with its own vectors.
"""

import hashlib
import hmac
import struct
from collections.abc import Iterator, Mapping, Sequence

VERSION = "induct-rand-v1"
WORD = 2**32
WHOLE_LIST = "*"
"""The label of a list that no stratum divides."""


class Stream:
    """The word stream of one stratum of one list."""

    def __init__(self, secret: bytes, list_id: str, label: str) -> None:
        self._words = _words(secret, list_id, label)

    def double_word(self) -> int:
        """The next two words as one number below 2^64, the first of them in front."""
        return next(self._words) << 32 | next(self._words)

    def below(self, limit: int) -> int:
        """A number 0 .. limit-1, uniform: words of the incomplete last cycle are rejected."""
        return uniform_below(self._words, limit)


def uniform_below(words: Iterator[int], limit: int) -> int:
    """Uniform number below ``limit`` from 32-bit words by rejection."""
    if not 1 <= limit <= WORD:
        raise ValueError("limit must be between 1 and 2^32")
    bound = WORD - WORD % limit
    while (word := next(words)) >= bound:
        pass
    return word % limit


def _words(secret: bytes, list_id: str, label: str) -> Iterator[int]:
    prefix = b"\x00".join((VERSION.encode(), b"list", list_id.encode(), label.encode(), b""))
    counter = 0
    while True:
        digest = hmac.digest(secret, prefix + counter.to_bytes(8, "big"), hashlib.sha256)
        yield from struct.unpack(">8I", digest)
        counter += 1


def permuted_blocks(
    secret: bytes,
    list_id: str,
    label: str,
    *,
    ratio: Mapping[str, int],
    block_sizes: Sequence[int],
    capacity: int,
) -> list[str]:
    """The arms of one stratum, in order: whole blocks until at least ``capacity`` slots.

    ``ratio`` gives each arm's share in configured order. Every block holds the arms in exactly
    that ratio, so P(arm) is its share at every position. Raises ``ValueError`` for a block size
    that the ratio does not divide.
    """
    total = sum(ratio.values())
    sizes = sorted(block_sizes)
    if not sizes or any(size < 1 or size % total for size in sizes):
        raise ValueError("every block size must be a multiple of the sum of the ratio")
    stream = Stream(secret, list_id, label)
    slots: list[str] = []
    while len(slots) < capacity:
        slots += _block(stream, ratio, sizes[stream.below(len(sizes))] // total)
    return slots


def _block(stream: Stream, ratio: Mapping[str, int], times: int) -> list[str]:
    block = [arm for arm, share in ratio.items() for _ in range(share * times)]
    for i in range(len(block) - 1, 0, -1):
        j = stream.below(i + 1)
        block[i], block[j] = block[j], block[i]
    return block


def draws(secret: bytes, list_id: str, count: int) -> list[str]:
    """The draws of a minimised list, in order, one a child: each the next two words of the stream
    ``*`` as 16 lower-case hexadecimal digits. Stands for the number ``draw / 2^64`` of [0, 1)."""
    stream = Stream(secret, list_id, WHOLE_LIST)
    return [f"{stream.double_word():016x}" for _ in range(count)]
