"""The verifier makes a list anew: by the vectors, beside the service, from what is revealed."""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.randomization.domain import biased_coin, generator, manifest
from services.randomization.domain.slots import generate, parameters
from tests.docs.verifier import ANY_FOLDER, MODULE, faults, kinds, world
from tests.support.definitions import shipped
from tests.support.sealed_lists import (
    EVEN,
    LIST_ID,
    PARAMETERS_SALT,
    RATIO,
    SECRET,
    SEED,
    STRATA,
    contents_of,
    parameters_of,
    salt_of,
    sealed_world,
)

A, B = STRATA


def test_the_published_vectors_come_out_of_the_verifier_alone() -> None:
    arms, asked = RATIO, parameters_of("permuted_blocks")
    for label, text in zip(
        STRATA, ("IAAIIIAIIIAIIIAIAIIIIAAIIIA", "IAIAIIAIIIIIIAAIIIIAIAAI"), strict=True
    ):
        made = MODULE.permuted_blocks(MODULE.word_stream(SECRET, LIST_ID, label), arms, asked)
        assert "".join("I" if arm == "INO" else "A" for arm in made) == text
    words = MODULE.word_stream(SECRET, LIST_ID, "*")
    assert MODULE.draws(words, {}, {"draws": 2}) == ["a767e050d745e03c", "5721fb95d72337ae"]
    first = MODULE.word_stream(SECRET, LIST_ID, A)
    digest = "85f79b725a4560155fa32ca07693642d9c8f7b2f4e34d2616540199f70e34033"
    assert "".join(f"{next(first):08x}" for _ in range(8)) == digest
    salt = MODULE.salt_of(SECRET, LIST_ID, A, 1)
    assert salt.hex() == "2fc8db0529215c93273aeea4f4712e31062aac57c8f933a29397fe1e4a4ce288"


@pytest.mark.parametrize("word", [0xFFFFFFFC, 0xFFFFFFFF])
def test_the_verifier_passes_over_words_of_the_incomplete_last_cycle(word: int) -> None:
    assert MODULE.below(iter([word, 4]), 9) == 4
    assert MODULE.below(iter([0xFFFFFFFB, 4]), 9) == 0xFFFFFFFB % 9
    assert MODULE.below(iter([word]), 4) == word % 4


@pytest.mark.proves("RND-2", kind="oracle")
@ANY_FOLDER
@given(st.binary(min_size=32, max_size=32), st.integers(1, 60))
def test_service_and_verifier_generate_the_same_lists(secret: bytes, capacity: int) -> None:
    def words() -> Any:
        return MODULE.word_stream(secret, "L", "s")

    asked = {"capacity": capacity, "draws": capacity, "block_sizes": [9, 3], "limit": 3}
    asked |= {"probability": {"numerator": 6, "denominator": 9}}
    arms = list(EVEN)
    assert MODULE.permuted_blocks(words(), RATIO, asked) == generator.permuted_blocks(
        secret, "L", "s", ratio=RATIO, block_sizes=(3, 9), capacity=capacity
    )
    assert MODULE.biased_coin(words(), EVEN, asked) == biased_coin.efron(
        secret, "L", "s", arms=arms, probability=Fraction(2, 3), capacity=capacity
    )
    assert MODULE.big_stick(words(), EVEN, asked) == biased_coin.big_stick(
        secret, "L", "s", arms=arms, limit=3, capacity=capacity
    )
    drawn = MODULE.draws(MODULE.word_stream(secret, "L", "*"), {}, asked)
    assert drawn == generator.draws(secret, "L", capacity)


@pytest.mark.proves("RND-2", kind="negative")
@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("secret", "0" * 64, "regeneration"),
        ("secret", None, "secret"),
        ("secret", "zz", "secret"),
        ("parameters_salt", "0" * 64, "parameters"),
        ("parameters", {"method": "permuted_blocks", "block_sizes": [3], "capacity": 24}, ""),
        ("parameters", {"method": "permuted_blocks", "block_sizes": [4], "capacity": 24}, ""),
        ("parameters", {"method": "permuted_blocks", "block_sizes": [3], "capacity": 9**9}, ""),
        ("parameters", {"method": "uploaded_list"}, "parameters"),
        ("parameters", [], "parameters"),
        ("slots", {}, "malformed"),
        ("allocations", [1], "malformed"),
        ("more", 1, "fields"),
    ],
)
def test_a_rewritten_secret_or_parameter_fails(
    name: str, value: object, kind: str, forge: Callable[..., Path]
) -> None:
    assert (kind or "parameters") in kinds("reveal", forge(lambda c: c.update({name: value})))


def test_another_secret_is_told_once_and_not_for_every_slot(forge: Callable[..., Path]) -> None:
    found = faults("reveal", forge(lambda content: content.update(secret="0" * 64)))
    assert [(f.kind, f.label) for f in found] == [("regeneration", None)]


def test_an_uploaded_list_has_no_secret(forge: Callable[..., Path]) -> None:
    file = forge(lambda content: content.update(secret="0" * 64), "uploaded_list")
    assert kinds("reveal", file) == {"secret"}


def test_the_salts_of_the_file_are_those_of_the_secret() -> None:
    slots = json.loads(world("permuted_blocks").revealed)["slots"]
    contents = contents_of("permuted_blocks")
    for slot in slots:
        assert slot["salt"] == salt_of(slot["label"], slot["position"]).hex()
        assert slot["content"] == contents[slot["label"]][slot["position"] - 1]


def test_a_list_of_a_shipped_definition_is_made_anew_from_its_parameters() -> None:
    definition = shipped("NCT05748171")
    asked, slots = parameters(definition), generate(definition, LIST_ID, SECRET)
    shown = {
        "list_id": LIST_ID,
        "method": asked["method"],
        "leaf_count": len(slots),
        "arms": asked["arms"],
        "strata": list(definition.randomization.list_labels()),
    }
    assert MODULE.parameters_fault(asked, shown) is None
    made = MODULE.regenerate(SECRET, shown, asked)
    assert {tuple(place): content for place, (content, _) in made.items()} == {
        (slot.label, slot.position): slot.content for slot in slots
    }


@pytest.mark.parametrize(
    "parameters",
    [
        {"method": "permuted_blocks", "block_sizes": [4], "capacity": 24},
        {"method": "permuted_blocks", "block_sizes": [], "capacity": 24},
        {"method": "permuted_blocks", "block_sizes": "3", "capacity": 24},
        {"method": "permuted_blocks", "block_sizes": [3], "capacity": 10**9},
        {"method": "permuted_blocks", "block_sizes": [3], "capacity": 24, "strata": ["*"]},
        {"method": "permuted_blocks", "block_sizes": [3], "capacity": 24, "arms": []},
        {"method": "big_stick", "limit": 2, "capacity": 24},
    ],
)
def test_signed_parameters_that_make_no_list_are_refused(
    parameters: dict[str, Any], forge: Callable[..., Path]
) -> None:
    def sign(content: dict[str, Any]) -> None:
        hashed = manifest.parameters_commitment(parameters, PARAMETERS_SALT)
        signed = {**content["manifest"], "parameters_sha256": hashed}
        content.update(manifest.bundle(signed, SEED), parameters=parameters)

    assert kinds("reveal", forge(sign)) == {"parameters"}


@pytest.mark.parametrize(
    ("method", "change"),
    [
        ("biased_coin", {"probability": {"numerator": 1, "denominator": 2}}),
        ("biased_coin", {"probability": {"numerator": 2, "denominator": 2}}),
        ("biased_coin", {"probability": "2/3"}),
        ("big_stick", {"limit": 0}),
        ("minimisation", {"draws": 8}),
    ],
)
def test_a_coin_or_a_number_of_draws_out_of_range_makes_no_list(
    method: str, change: dict[str, Any]
) -> None:
    shown = sealed_world(method).bundle["manifest"]
    assert MODULE.parameters_fault(parameters_of(method), shown) is None
    assert MODULE.parameters_fault({**parameters_of(method), **change}, shown) is not None
