"""The list generator against vectors that two independent implementations agree on."""

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.randomization.domain.generator import permuted_blocks, uniform_below

SECRET = bytes(range(32))
RATIO = {"INO": 2, "ALLR3": 1}


def letters(label: str, capacity: int = 24) -> str:
    arms = permuted_blocks(
        SECRET, "TEST-LIST-1", label, ratio=RATIO, block_sizes=(3, 6, 9), capacity=capacity
    )
    return "".join("I" if arm == "INO" else "A" for arm in arms)


def test_the_published_vectors_come_out() -> None:
    assert letters("f1=a;f2=x") == "IAAIIIAIIIAIIIAIAIIIIAAIIIA"
    assert letters("f1=b;f2=x") == "IAIAIIAIIIIIIAAIIIIAIAAI"


def test_a_stratum_does_not_depend_on_the_length_that_is_asked_for() -> None:
    assert letters("f1=a;f2=x", capacity=60).startswith(letters("f1=a;f2=x"))


@given(secret=st.binary(min_size=32, max_size=32), capacity=st.integers(1, 200))
def test_arms_stand_in_the_ratio_and_never_drift_far_from_it(secret: bytes, capacity: int) -> None:
    arms = permuted_blocks(secret, "L", "*", ratio=RATIO, block_sizes=(3, 6, 9), capacity=capacity)
    assert capacity <= len(arms) < capacity + 9
    assert Counter(arms) == {"INO": 2 * len(arms) // 3, "ALLR3": len(arms) // 3}
    for n in range(1, len(arms) + 1):
        # Within a block of nine, INO is at most two ahead of or behind two thirds of n.
        assert abs(3 * arms[:n].count("INO") - 2 * n) <= 6


@given(st.sampled_from([3, 5, 6, 7, 9]), st.integers(0, 2**32 - 1))
def test_words_of_the_incomplete_last_cycle_are_rejected(limit: int, word: int) -> None:
    bound = 2**32 - 2**32 % limit
    words: Iterator[int] = iter([word, 1])
    assert uniform_below(words, limit) == (word % limit if word < bound else 1)


def test_a_block_that_the_ratio_does_not_divide_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple"):
        permuted_blocks(SECRET, "L", "*", ratio=RATIO, block_sizes=(4,), capacity=10)
