"""Minimisation: exact ties, the look ahead, and the ratio at every arrival."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.randomization.domain.minimisation import (
    DRAWS,
    Decision,
    decide,
    fake_arms,
    tally,
)
from shared.study.schemes import Minimisation

FAKES = fake_arms({"INO": 2, "ALLR3": 1})
NAMES = [fake.name for fake in FAKES]
EVEN = fake_arms({"control": 1, "treatment": 1})
Counts = dict[str, dict[str, dict[str, int]]]


def scheme(
    probability: str = "7/10", measure: str = "range", weights: Mapping[str, int] | None = None
) -> Minimisation:
    return Minimisation.model_validate(
        {
            "method": "minimisation",
            "probability": probability,
            "measure": measure,
            "weights": weights,
            "draws": 100,
            "source": "assumed",
        }
    )


def row(*counts: int) -> dict[str, int]:
    return dict(zip(NAMES, counts, strict=True))


def decided(counts: Sequence[int], *, draw: int = 0, probability: str = "7/10") -> Decision:
    found = {"f": {"a": row(*counts)}}
    return decide(scheme(probability), FAKES, found, {"f": "a"}, draw)


def test_an_arm_stands_for_as_many_fake_arms_as_its_share() -> None:
    found = [(fake.name, fake.arm) for fake in fake_arms({"INO": 2, "ALLR3": 1})]
    assert found == [("INO-1", "INO"), ("INO-2", "INO"), ("ALLR3", "ALLR3")]


@pytest.mark.parametrize("ratio", [{"A": 0, "B": 1}, {"A": 1}, {"A": 2, "A-1": 1}, {}])
def test_shares_that_give_no_two_distinct_fake_arms_are_refused(ratio: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"share|fake arms"):
        fake_arms(ratio)


@pytest.mark.proves("RND-6", kind="oracle")
def test_the_worked_range_example_comes_out() -> None:
    # PMC6547231, table 4: site 2, female, 65 or older; control/treatment 3/5, 3/3, 3/3.
    counts = {
        "site": {"2": {"control": 3, "treatment": 5}, "1": {"control": 9, "treatment": 1}},
        "sex": {"f": {"control": 3, "treatment": 3}},
        "age": {"ge65": {"control": 3, "treatment": 3}},
    }
    levels = {"site": "2", "sex": "f", "age": "ge65"}
    found = decide(scheme("8/10"), EVEN, counts, levels, 0)
    assert found.imbalance == {"control": 3, "treatment": 5}
    assert found.probabilities == {"control": Fraction(4, 5), "treatment": Fraction(1, 5)}
    assert found.arm == "control"


def test_the_first_child_has_every_fake_arm_by_a_third() -> None:
    found = decide(scheme(), FAKES, {}, {"f": "a", "g": "b"}, 0)
    assert set(found.probabilities.values()) == {Fraction(1, 3)}
    assert found.imbalance == {"INO-1": 2, "INO-2": 2, "ALLR3": 2}


def test_one_best_fake_arm_has_the_whole_probability() -> None:
    found = decided((1, 0, 1))
    assert found.imbalance == {"INO-1": 2, "INO-2": 0, "ALLR3": 2}
    assert list(found.probabilities.values()) == [
        Fraction(3, 20),
        Fraction(7, 10),
        Fraction(3, 20),
    ]


def test_two_best_fake_arms_share_the_probability() -> None:
    found = decided((0, 1, 0))
    assert list(found.probabilities.values()) == [
        Fraction(7, 20),
        Fraction(3, 10),
        Fraction(7, 20),
    ]


def test_equal_fake_arms_have_equal_chances_whatever_the_probability() -> None:
    assert set(decided((4, 4, 4), probability="9/10").probabilities.values()) == {Fraction(1, 3)}


@pytest.mark.parametrize(
    ("draw", "name"),
    [
        (0, "INO-1"),
        ((DRAWS - 1) // 3, "INO-1"),  # 2^64 = 3n + 1: n thirds lie just below a third
        ((DRAWS - 1) // 3 + 1, "INO-2"),
        (2 * (DRAWS - 1) // 3, "INO-2"),
        (2 * (DRAWS - 1) // 3 + 1, "ALLR3"),
        (DRAWS - 1, "ALLR3"),
    ],
)
def test_the_edges_between_the_fake_arms_are_exact(draw: int, name: str) -> None:
    assert decided((2, 2, 2), draw=draw).fake_arm.name == name


def test_an_edge_itself_belongs_to_the_next_fake_arm() -> None:
    # Chances 1/8, 3/4, 1/8 end on whole draws.
    edge = DRAWS // 8
    assert decided((1, 0, 1), draw=edge - 1, probability="3/4").fake_arm.name == "INO-1"
    assert decided((1, 0, 1), draw=edge, probability="3/4").fake_arm.name == "INO-2"
    assert decided((1, 0, 1), draw=7 * edge, probability="3/4").fake_arm.name == "ALLR3"


def test_the_child_itself_is_counted_before_the_imbalance_is_taken() -> None:
    # Without it, ranges of what is there would be the same for every fake arm.
    found = decided((5, 3, 3))
    assert found.imbalance == {"INO-1": 3, "INO-2": 2, "ALLR3": 2}


def test_the_range_looks_at_who_is_lowest_after_the_child() -> None:
    assert decided((3, 1, 2)).imbalance == {"INO-1": 3, "INO-2": 1, "ALLR3": 2}


def test_factors_weigh_as_configured_and_only_those_that_are() -> None:
    counts = {"f": {"a": row(1, 0, 0)}, "g": {"b": row(0, 2, 0)}, "h": {"c": row(0, 0, 9)}}
    levels = {"f": "a", "g": "b", "h": "c"}
    found = decide(scheme(weights={"f": 3, "g": 1}), FAKES, counts, levels, 0)
    assert found.imbalance == {"INO-1": 3 * 2 + 2, "INO-2": 3 * 1 + 3, "ALLR3": 3 * 1 + 2}


@given(st.lists(st.integers(0, 30), min_size=2, max_size=6))
def test_both_measures_are_what_their_names_say(counts: list[int]) -> None:
    fakes = fake_arms({chr(65 + place): 1 for place in range(len(counts))})
    held = dict(zip("ABCDEF", counts, strict=False))
    for measure in ("range", "variance"):
        found = decide(scheme(measure=measure), fakes, {"f": {"a": held}}, {"f": "a"}, 0)
        for name in held:
            after = [count + (other == name) for other, count in held.items()]
            mean = Fraction(sum(after), len(after))
            squares = sum((each - mean) ** 2 for each in after) * len(after)
            expected = max(after) - min(after) if measure == "range" else squares
            assert found.imbalance[name] == expected


@given(
    counts=st.lists(st.lists(st.integers(0, 12), min_size=3, max_size=3), min_size=3, max_size=3),
    draw=st.integers(0, DRAWS - 1),
    order=st.permutations([0, 1, 2]),
    measure=st.sampled_from(["range", "variance"]),
)
def test_fake_arms_are_interchangeable(
    counts: list[list[int]], draw: int, order: list[int], measure: str
) -> None:
    levels = {"f": "a", "g": "a", "h": "a"}
    held = {name: {"a": row(*each)} for name, each in zip("fgh", counts, strict=True)}
    swapped = {
        name: {"a": row(*(each[place] for place in order))}
        for name, each in zip("fgh", counts, strict=True)
    }
    plain = list(decide(scheme(measure=measure), FAKES, held, levels, draw).probabilities.values())
    other = decide(scheme(measure=measure), FAKES, swapped, levels, draw)
    assert list(other.probabilities.values()) == [plain[place] for place in order]
    assert sum(plain) == 1
    chosen = NAMES.index(other.fake_arm.name)
    low, high = (sum(list(other.probabilities.values())[: chosen + step]) for step in (0, 1))
    assert low <= Fraction(draw, DRAWS) < high


Rule = Callable[[Counts, Mapping[str, str], int], Mapping[str, Fraction]]


def chance_of_ino(rule: Rule, children: Sequence[Mapping[str, str]]) -> list[Fraction]:
    """P(INO) of each child, exactly, over every way that chance can go."""
    chances = [Fraction(0)] * len(children)

    def follow(counts: Counts, place: int, reach: Fraction) -> None:
        if place == len(children):
            return
        for name, chance in rule(counts, children[place], place).items():
            chances[place] += reach * chance if name.startswith("INO") else 0
            then = deepcopy(counts)
            for factor, level in children[place].items():
                held = then.setdefault(factor, {}).setdefault(level, {})
                held[name] = held.get(name, 0) + 1
            follow(then, place + 1, reach * chance)

    follow({}, 0, Fraction(1))
    return chances


CHILDREN = [
    {"f1": f1, "f2": f2, "f3": f3} for f1, f2, f3 in ("aaa", "aab", "bab", "aaa", "abb", "aab")
]


@pytest.mark.parametrize("probability", ["7/10", "8/10", "9/10"])
@pytest.mark.parametrize("measure", ["range", "variance"])
@pytest.mark.parametrize("weights", [None, {"f1": 2, "f3": 1}])
def test_ino_has_two_thirds_at_every_arrival_exactly(
    probability: str, measure: str, weights: dict[str, int] | None
) -> None:
    configured = scheme(probability, measure, weights)

    def rule(counts: Counts, levels: Mapping[str, str], place: int) -> Mapping[str, Fraction]:
        return decide(configured, FAKES, counts, levels, 0).probabilities

    assert chance_of_ino(rule, CHILDREN[:5]) == [Fraction(2, 3)] * 5


def test_the_usual_even_split_over_the_arms_does_not_hold_two_thirds() -> None:
    """The rule that is not offered: counts over the ratio, the better arm has p, the other 1-p."""

    def rule(counts: Counts, levels: Mapping[str, str], place: int) -> Mapping[str, Fraction]:
        return even_split(counts, levels, Fraction(7, 10), first=place == 0)

    found = chance_of_ino(rule, CHILDREN)
    assert found[0] == Fraction(2, 3)
    assert found[1] == Fraction(2, 3) * Fraction(3, 10) + Fraction(1, 3) * Fraction(7, 10)
    assert len({*found}) > 2


def even_split(
    counts: Counts, levels: Mapping[str, str], probability: Fraction, *, first: bool
) -> Mapping[str, Fraction]:
    ratio = {"INO": 2, "ALLR3": 1}
    totals = dict.fromkeys(ratio, Fraction(0))
    for arm, (factor, level) in product(ratio, levels.items()):
        held = counts.get(factor, {}).get(level, {})
        after = [Fraction(held.get(each, 0) + (each == arm), ratio[each]) for each in ratio]
        totals[arm] += abs(after[0] - after[1])
    if first or totals["INO"] == totals["ALLR3"]:
        return {"INO": Fraction(2, 3), "ALLR3": Fraction(1, 3)}
    ino = probability if totals["INO"] < totals["ALLR3"] else 1 - probability
    return {"INO": ino, "ALLR3": 1 - ino}


@pytest.mark.proves("RND-6", kind="negative")
@pytest.mark.parametrize(
    "change",
    [
        {"probability": "1/1"},
        {"probability": "0/1"},
        {"split": "even"},
        {"measure": "standard_deviation"},
        {"ratio": {"INO": 2}},
    ],
)
def test_a_scheme_that_could_be_certain_or_leave_the_ratio_cannot_be_written(
    change: dict[str, Any],
) -> None:
    with pytest.raises(ValidationError):
        Minimisation.model_validate({**scheme().model_dump(mode="json"), **change})


def test_counts_of_arms_instead_of_fake_arms_are_refused() -> None:
    with pytest.raises(ValueError, match="no fake arm"):
        decide(scheme(), FAKES, {"f": {"a": {"INO": 3, "ALLR3": 1}}}, {"f": "a"}, 0)


@pytest.mark.parametrize("draw", [-1, DRAWS])
def test_a_draw_of_more_than_64_bits_is_refused(draw: int) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        decided((0, 0, 0), draw=draw)


def test_a_child_without_a_level_of_a_weighted_factor_is_refused() -> None:
    with pytest.raises(ValueError, match="no level of factor g"):
        decide(scheme(weights={"f": 1, "g": 1}), FAKES, {}, {"f": "a"}, 0)


def test_the_tally_counts_each_child_in_each_of_its_levels() -> None:
    history = [
        ({"f": "a", "g": "x"}, "INO-1"),
        ({"f": "a", "g": "y"}, "INO-1"),
        ({"f": "b", "g": "x"}, "ALLR3"),
    ]
    assert tally(history) == {
        "f": {"a": {"INO-1": 2}, "b": {"ALLR3": 1}},
        "g": {"x": {"INO-1": 1, "ALLR3": 1}, "y": {"INO-1": 1}},
    }
