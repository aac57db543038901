"""The list generator against vectors that two independent implementations agree on."""

import hmac
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.randomization.domain.generator import Stream, draws, permuted_blocks, uniform_below

SECRET = bytes(range(32))
RATIO = {"INO": 2, "ALLR3": 1}


def letters(label: str, capacity: int = 24) -> str:
    arms = permuted_blocks(
        SECRET, "TEST-LIST-1", label, ratio=RATIO, block_sizes=(3, 6, 9), capacity=capacity
    )
    return "".join("I" if arm == "INO" else "A" for arm in arms)


@pytest.mark.proves("RND-2", kind="oracle")
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


@pytest.mark.proves("RND-2", kind="negative")
def test_a_block_that_the_ratio_does_not_divide_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple"):
        permuted_blocks(SECRET, "L", "*", ratio=RATIO, block_sizes=(4,), capacity=10)


def test_the_published_draws_come_out() -> None:
    assert draws(SECRET, "TEST-LIST-1", 2) == ["a767e050d745e03c", "5721fb95d72337ae"]


def test_a_draw_does_not_depend_on_how_many_are_asked_for() -> None:
    assert draws(SECRET, "L", 40)[:7] == draws(SECRET, "L", 7)


def test_draws_keep_their_leading_zeros() -> None:
    found = draws(SECRET, "L", 2000)
    assert {len(draw) for draw in found} == {16}
    assert any(draw.startswith("00") for draw in found)


def test_a_stream_is_the_digests_of_the_counter_one_after_the_other() -> None:
    stream = Stream(SECRET, "TEST-LIST-1", "f1=a;f2=x")
    digest = "85f79b725a4560155fa32ca07693642d9c8f7b2f4e34d2616540199f70e34033"
    assert "".join(f"{stream.double_word():016x}" for _ in range(4)) == digest
    after = hmac.digest(
        SECRET,
        b"induct-rand-v1\x00list\x00TEST-LIST-1\x00f1=a;f2=x\x00" + bytes(7) + b"\x01",
        "sha256",
    )
    assert stream.double_word() == int.from_bytes(after[:8], "big")


@pytest.mark.parametrize(("size", "arrangements"), [(3, 3), (6, 15), (9, 84)])
def test_every_arrangement_of_a_block_is_as_likely_as_any_other(
    size: int, arrangements: int
) -> None:
    blocks = 100 * arrangements
    arms = permuted_blocks(
        SECRET, f"L{size}", "*", ratio=RATIO, block_sizes=(size,), capacity=size * blocks
    )
    seen = Counter(tuple(arms[start : start + size]) for start in range(0, len(arms), size))
    assert len(seen) == arrangements
    statistic = sum((count - 100) ** 2 / 100 for count in seen.values())
    assert statistic < {3: 13.8, 15: 36.1, 84: 127.3}[arrangements]  # 99.9 % points, 2, 14, 83


def test_every_block_size_is_as_likely_as_any_other() -> None:
    sizes = Counter(
        len(permuted_blocks(SECRET, "L", str(n), ratio=RATIO, block_sizes=(3, 6, 9), capacity=1))
        for n in range(3000)
    )
    assert sum((sizes[size] - 1000) ** 2 / 1000 for size in (3, 6, 9)) < 13.8


@pytest.mark.parametrize(
    ("limit", "first_rejected"),
    [
        (2, None),
        (4, None),
        (8, None),
        (3, 0xFFFFFFFF),
        (5, 0xFFFFFFFF),
        (6, 0xFFFFFFFC),
        (7, 0xFFFFFFFC),
        (9, 0xFFFFFFFC),
    ],
)
def test_rejection_begins_at_exactly_the_word_where_the_last_cycle_does(
    limit: int, first_rejected: int | None
) -> None:
    last = 0xFFFFFFFF
    if first_rejected is None:
        assert uniform_below(iter([last]), limit) == last % limit
    else:
        assert uniform_below(iter([first_rejected - 1]), limit) == limit - 1
        for word in range(first_rejected, last + 1):
            assert uniform_below(iter([word, last, limit + 1]), limit) == 1
