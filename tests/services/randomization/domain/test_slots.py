"""Lists come about as the definition says, and their parameters say how."""

import json
from collections import Counter
from fractions import Fraction
from typing import Any

import pytest

from services.randomization.domain.biased_coin import big_stick, efron
from services.randomization.domain.generator import draws
from services.randomization.domain.slots import generate, parameters
from shared.study import StudyDefinition, from_json, to_json
from tests.support.definitions import shipped

SECRET = bytes(range(32))
LABELS = [
    f"age_group={age};first_remission={time}"
    for age in ("lt10", "ge10")
    for time in ("lt24m", "ge24m")
]


def trial(scheme: dict[str, Any] | None = None, ratio: tuple[int, int] = (2, 1)) -> StudyDefinition:
    """The shipped trial, with another scheme and another ratio."""
    content = to_json(shipped("NCT05748171"))
    if scheme is not None:
        content["randomization"]["scheme"] = {**scheme, "source": "assumed"}
    for arm, share in zip(content["arms"], ratio, strict=True):
        arm["ratio"] = share
    return from_json(json.dumps(content))


COIN = {"method": "biased_coin", "probability": "4/6", "capacity_per_stratum": 40}
STICK = {"method": "big_stick", "limit": 3, "capacity_per_stratum": 40}
DRAWS = {"method": "minimisation", "probability": "4/5", "measure": "range", "draws": 150}


def test_blocks_are_generated_for_every_stratum_up_to_its_capacity() -> None:
    slots = generate(trial(), "L", SECRET)
    assert list(dict.fromkeys(slot.label for slot in slots)) == LABELS
    for label in LABELS:
        own = [slot for slot in slots if slot.label == label]
        assert [slot.position for slot in own] == list(range(1, len(own) + 1))
        assert len(own) == 300
        # The last block may be cut: within a block of 9 the ratio is missed by 2 at the most.
        assert abs(sum(slot.content == "INO" for slot in own) - 200) <= 2


def test_the_envelopes_of_a_site_are_the_head_of_a_shorter_list() -> None:
    long, short = generate(trial(), "L", SECRET), generate(trial(), "L", SECRET, capacity=6)
    assert set(short) <= set(long)
    assert all(sum(slot.label == label for slot in short) == 6 for label in LABELS)


def test_a_biased_coin_takes_its_probability_and_the_arms_in_configured_order() -> None:
    slots = generate(trial(COIN, (1, 1)), "L", SECRET)
    assert len(slots) == 160
    for label in LABELS:
        arms = efron(
            SECRET, "L", label, arms=("INO", "ALLR3"), probability=Fraction(2, 3), capacity=40
        )
        assert [slot.content for slot in slots if slot.label == label] == arms


def test_a_big_stick_takes_its_limit() -> None:
    slots = generate(trial(STICK, (1, 1)), "L", SECRET)
    for label in LABELS:
        arms = big_stick(SECRET, "L", label, arms=("INO", "ALLR3"), limit=3, capacity=40)
        assert [slot.content for slot in slots if slot.label == label] == arms


def test_a_minimised_list_holds_draws_in_one_order_for_the_whole_study() -> None:
    slots = generate(trial(DRAWS), "TEST-LIST-1", SECRET)
    assert [slot.content for slot in slots] == draws(SECRET, "TEST-LIST-1", 150)
    assert slots[0].content == "a767e050d745e03c"
    assert {slot.label for slot in slots} == {"*"}
    assert [slot.position for slot in slots] == list(range(1, 151))
    assert generate(trial(DRAWS), "TEST-LIST-1", SECRET, capacity=5) == slots[:5]


def test_a_study_with_an_uploaded_list_generates_none() -> None:
    pairs = shipped("freireich-1963")
    with pytest.raises(ValueError, match="uploaded"):
        generate(pairs, "L", SECRET)


ARMS = [{"code": "INO", "ratio": 2}, {"code": "ALLR3", "ratio": 1}]
EVEN = [{"code": "INO", "ratio": 1}, {"code": "ALLR3", "ratio": 1}]


@pytest.mark.parametrize(
    ("scheme", "ratio", "expected"),
    [
        (
            None,
            (2, 1),
            {"method": "permuted_blocks", "arms": ARMS, "strata": LABELS,
             "block_sizes": [3, 6, 9], "capacity": 300, "slots_per_stratum": 300},
        ),
        (
            COIN,
            (1, 1),
            {"method": "biased_coin", "arms": EVEN, "strata": LABELS,
             "probability": {"numerator": 2, "denominator": 3}, "capacity": 40,
             "slots_per_stratum": 40},
        ),
        (
            STICK,
            (1, 1),
            {"method": "big_stick", "arms": EVEN, "strata": LABELS, "limit": 3, "capacity": 40,
             "slots_per_stratum": 40},
        ),
        (
            DRAWS,
            (2, 1),
            {"method": "minimisation", "arms": ARMS, "strata": ["*"], "draws": 150,
             "probability": {"numerator": 4, "denominator": 5}, "measure": "range",
             "weights": {"age_group": 1, "first_remission": 1}},
        ),
        (
            {"method": "uploaded_list", "slots_per_stratum": 12},
            (2, 1),
            {"method": "uploaded_list", "arms": ARMS, "strata": LABELS, "slots_per_stratum": 12},
        ),
    ],
    ids=["blocks", "coin", "stick", "minimisation", "upload"],
)  # fmt: skip
def test_the_parameter_document_tells_everything_the_slots_follow_from(
    scheme: dict[str, Any] | None, ratio: tuple[int, int], expected: dict[str, Any]
) -> None:
    assert parameters(trial(scheme, ratio)) == expected


def test_the_parameters_of_envelopes_state_their_own_capacity() -> None:
    assert parameters(trial(), capacity=6)["capacity"] == 6


@pytest.mark.parametrize("sizes", [[3], [6], [9], [3, 6], [3, 6, 9]])
@pytest.mark.parametrize("capacity", [5, 6, 100])
def test_the_number_of_slots_tells_nothing_of_the_block_sizes(
    sizes: list[int], capacity: int
) -> None:
    content = to_json(shipped("NCT05748171"))
    content["randomization"]["scheme"]["block_sizes"] = sizes
    made = generate(from_json(content), "L", bytes(range(32)), capacity=capacity)
    assert Counter(slot.label for slot in made) == dict.fromkeys(
        from_json(content).randomization.stratum_labels(), capacity
    )
