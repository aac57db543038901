"""Efron's coin and the big stick, against a second reading of their definition."""

import hmac
from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.randomization.domain.biased_coin import big_stick, efron

SECRET = bytes(range(32))
LABEL = "f1=a;f2=x"
ARMS = ("A", "B")
EFRON = "ABAABABBBABABBAAABABBABABAABBABABBAABAAB"
STICK = "ABABBBABABABABABAABABBAAAABABBBBAABBAAAB"
secrets = st.binary(min_size=32, max_size=32)


def words(secret: bytes, label: str) -> Iterator[int]:
    prefix = b"induct-rand-v1\x00list\x00TEST-LIST-1\x00" + label.encode() + b"\x00"
    counter = 0
    while True:
        digest = hmac.digest(secret, prefix + counter.to_bytes(8, "big"), "sha256")
        for place in range(8):
            yield int(digest.hex()[8 * place : 8 * place + 8], 16)
        counter += 1


def below(source: Iterator[int], limit: int) -> int:
    while (word := next(source)) >= 2**32 // limit * limit:
        pass
    return word % limit


def coin(secret: bytes, probability: Fraction, capacity: int) -> str:
    found, source = "", words(secret, LABEL)
    while len(found) < capacity:
        ahead = found.count("A") - found.count("B")
        if ahead == 0:
            found += "AB"[below(source, 2)]
        else:
            behind, front = ("B", "A") if ahead > 0 else ("A", "B")
            hit = below(source, probability.denominator) < probability.numerator
            found += behind if hit else front
    return found


def stick(secret: bytes, limit: int, capacity: int) -> str:
    found, source = "", words(secret, LABEL)
    while len(found) < capacity:
        ahead = found.count("A") - found.count("B")
        if abs(ahead) == limit:
            found += "B" if ahead > 0 else "A"
        else:
            found += "AB"[below(source, 2)]
    return found


def tossed(secret: bytes, probability: Fraction, capacity: int) -> str:
    return "".join(
        efron(secret, "TEST-LIST-1", LABEL, arms=ARMS, probability=probability, capacity=capacity)
    )


def leaned(secret: bytes, limit: int, capacity: int) -> str:
    return "".join(
        big_stick(secret, "TEST-LIST-1", LABEL, arms=ARMS, limit=limit, capacity=capacity)
    )


def test_lists_of_the_test_secret_never_change() -> None:
    assert tossed(SECRET, Fraction(2, 3), 40) == EFRON
    assert leaned(SECRET, 2, 40) == STICK


@given(
    secret=secrets,
    parts=st.integers(3, 50).flatmap(
        lambda sides: st.tuples(st.integers(sides // 2 + 1, sides - 1), st.just(sides))
    ),
)
def test_efron_reads_the_stream_as_defined(secret: bytes, parts: tuple[int, int]) -> None:
    probability = Fraction(*parts)
    assert tossed(secret, probability, 120) == coin(secret, probability, 120)


@given(secret=secrets, limit=st.integers(1, 6))
def test_the_big_stick_reads_the_stream_as_defined(secret: bytes, limit: int) -> None:
    assert leaned(secret, limit, 120) == stick(secret, limit, 120)


@given(secret=secrets, limit=st.integers(1, 6))
def test_the_arms_never_differ_by_more_than_the_stick(secret: bytes, limit: int) -> None:
    arms = leaned(secret, limit, 200)
    for n in range(1, 201):
        assert abs(2 * arms[:n].count("A") - n) <= limit


@given(secret=secrets, shorter=st.integers(1, 60))
def test_a_longer_list_begins_with_the_shorter(secret: bytes, shorter: int) -> None:
    assert tossed(secret, Fraction(2, 3), 60).startswith(tossed(secret, Fraction(2, 3), shorter))
    assert leaned(secret, 3, 60).startswith(leaned(secret, 3, shorter))


@pytest.mark.parametrize("probability", [Fraction(1, 2), Fraction(1), Fraction(2, 5)])
def test_a_coin_that_is_fair_or_certain_is_refused(probability: Fraction) -> None:
    with pytest.raises(ValueError, match="between 1/2 and 1"):
        tossed(SECRET, probability, 10)


@pytest.mark.parametrize("arms", [("A",), ("A", "B", "C"), ("A", "A")])
def test_anything_but_two_arms_is_refused(arms: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="two arms"):
        efron(SECRET, "L", "*", arms=arms, probability=Fraction(2, 3), capacity=10)
    with pytest.raises(ValueError, match="two arms"):
        big_stick(SECRET, "L", "*", arms=arms, limit=2, capacity=10)


def test_a_stick_of_no_length_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        leaned(SECRET, 0, 10)
