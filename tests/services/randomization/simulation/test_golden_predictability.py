"""Predictability and deterministic share of blocks: the golden table, exactly and by simulation.

For one block size the values are exact fractions. For sets of sizes the golden values are those of
a Bayes guesser over a stratum of 30, known to 0.002; the guesser here is calculated exactly.
"""

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from math import comb, sqrt

import pytest

from services.randomization.domain.simulation import simulate
from services.randomization.domain.simulation.guesser import Guesser, predictability
from services.randomization.domain.simulation.processes import Blocks
from tests.services.randomization.simulation.designs import example

KNOWN = {
    "2to1-3": (Fraction(7, 9), Fraction(4, 9)),
    "2to1-6": (Fraction(67, 90), Fraction(13, 45)),
    "2to1-9": (Fraction(275, 378), Fraction(3, 14)),
    "1to1-2": (Fraction(3, 4), Fraction(1, 2)),
    "1to1-4": (Fraction(17, 24), Fraction(1, 3)),
    "1to1-6": (Fraction(41, 60), Fraction(1, 4)),
}
SETS = {
    "2to1-3-6": (0.753, 0.097),
    "2to1-6-9": (0.727, 0.054),
    "2to1-3-6-9": (0.734, 0.035),
    "1to1-2-4": (0.720, 0.106),
    "1to1-4-6": (0.688, 0.058),
    "1to1-4-6-8": (0.675, 0.024),
}
TRIALS = 700
"""Four errors are 0.014 over strata of 30."""


def exactly(
    ratio: tuple[int, int], sizes: tuple[int, ...], slots: int
) -> tuple[Fraction, Fraction]:
    found = predictability(Guesser(Blocks(ratio, sizes)), slots)
    assert found.slots == slots
    return found.correct, found.certain


def parts(name: str) -> tuple[tuple[int, int], tuple[int, ...]]:
    ratio, *sizes = name.split("-")
    return ((2, 1) if ratio == "2to1" else (1, 1)), tuple(map(int, sizes))


@pytest.mark.parametrize("name", KNOWN)
def test_one_known_size_is_predicted_as_the_golden_table_says(name: str) -> None:
    ratio, sizes = parts(name)
    assert exactly(ratio, sizes, sizes[0]) == KNOWN[name]
    assert exactly(ratio, sizes, 2 * sizes[0]) == KNOWN[name]


def test_a_block_of_twenty_is_predicted_as_the_golden_table_says() -> None:
    correct, certain = exactly((1, 1), (20,), 20)
    assert round(float(correct), 4) == 0.6169
    assert certain == Fraction(1, 11)


@pytest.mark.parametrize("half", range(1, 11))
def test_blocks_at_one_to_one_follow_the_formula_of_blackwell_and_hodges(half: int) -> None:
    correct, _ = exactly((1, 1), (2 * half,), 2 * half)
    guesses = half + Fraction(2 ** (2 * half - 1), comb(2 * half, half)) - Fraction(1, 2)
    assert correct == guesses / (2 * half)


@pytest.mark.proves("RND-2", kind="oracle")
@pytest.mark.parametrize("name", SETS)
def test_a_set_of_sizes_is_predicted_as_the_golden_table_says(name: str) -> None:
    correct, certain = exactly(*parts(name), 30)
    assert float(correct) == pytest.approx(SETS[name][0], abs=0.002)
    assert float(certain) == pytest.approx(SETS[name][1], abs=0.002)


def arrangements(size: int, firsts: int) -> list[str]:
    return [
        "".join("I" if place in chosen else "A" for place in range(size))
        for chosen in combinations(range(size), firsts)
    ]


def test_blocks_of_three_six_and_nine_have_3_15_and_84_arrangements() -> None:
    assert [len(arrangements(size, 2 * size // 3)) for size in (3, 6, 9)] == [3, 15, 84]


@pytest.mark.parametrize(
    ("ratio", "sizes", "slots"),
    [((2, 1), (3, 6, 9), 9), ((2, 1), (6,), 6), ((1, 1), (2, 4), 10), ((2, 1), (3, 6), 11)],
)
def test_the_guesser_is_what_counting_all_lists_gives(
    ratio: tuple[int, int], sizes: tuple[int, ...], slots: int
) -> None:
    """Every list that the scheme can make, with its probability, and the best guess after every
    beginning: no filter, no states."""

    def lists(begun: str, chance: Fraction) -> Iterator[tuple[str, Fraction]]:
        if len(begun) >= slots:
            yield begun[:slots], chance
            return
        for size in sizes:
            blocks = arrangements(size, size * ratio[0] // sum(ratio))
            for block in blocks:
                yield from lists(begun + block, chance / len(sizes) / len(blocks))

    beginnings: dict[str, Fraction] = defaultdict(Fraction)
    for found, chance in lists("", Fraction(1)):
        for length in range(slots + 1):
            beginnings[found[:length]] += chance
    correct = certain = Fraction(0)
    for begun in [each for each in beginnings if len(each) < slots]:
        after = [beginnings.get(begun + arm, Fraction(0)) for arm in "IA"]
        correct += max(after)
        certain += beginnings[begun] if min(after) == 0 else 0
    assert exactly(ratio, sizes, slots) == (correct / slots, certain / slots)


@pytest.mark.parametrize("name", [*KNOWN, "1to1-20", *SETS])
def test_the_code_that_allocates_is_as_predictable_as_calculated(name: str) -> None:
    report = simulate(example(f"blocks-{name}"), TRIALS, seed="golden")
    found = report.guessing
    assert found.exact is not None
    # Guesses of one stratum lean on each other only weakly: four standard errors of as many coins.
    error = 4 * sqrt(0.25 / found.slots)
    assert found.slots == TRIALS * found.exact.slots
    assert found.correct == pytest.approx(float(found.exact.correct), abs=error)
    assert found.certain == pytest.approx(float(found.exact.certain), abs=error)
