"""Designs are read strictly: what is not understood is refused with its place."""

from typing import Any

import pytest

from services.randomization.domain.simulation import DesignRefused, design_of, read_design
from shared.study.schemes import Minimisation, PermutedBlocks
from tests.services.randomization.simulation.designs import BLOCKS, ONE_TO_ONE, raw
from tests.support.definitions import shipped

FACTOR = {"factor": "f", "levels": ["a", "b"]}
MINIMISATION = {"method": "minimisation", "probability": "7/10", "measure": "range"}


def test_a_capacity_that_is_left_out_is_the_number_of_children() -> None:
    blocks = read_design(raw()).scheme
    assert isinstance(blocks, PermutedBlocks)
    assert blocks.capacity_per_stratum == 30
    minimised = read_design(raw(scheme=MINIMISATION, strata=[FACTOR])).scheme
    assert isinstance(minimised, Minimisation)
    assert minimised.draws == 30


def test_the_design_of_a_study_is_that_of_its_definition() -> None:
    definition = shipped("NCT05748171")
    design = design_of(definition, subjects=12)
    assert design.scheme == definition.randomization.scheme
    assert design.ratio == {arm.code: arm.ratio for arm in definition.arms}
    assert [(each.name, tuple(each.levels)) for each in design.factors] == [
        (factor.factor, factor.level_codes) for factor in definition.randomization.strata
    ]
    assert design.subjects == 12
    assert design_of(definition).subjects == 100


def test_the_design_of_an_uploaded_list_is_refused() -> None:
    definition = shipped("freireich-1963")
    with pytest.raises(DesignRefused, match="nothing to simulate"):
        design_of(definition, subjects=42)
    with pytest.raises(DesignRefused, match="subjects"):
        design_of(definition)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"sead": 1}, "sead: unknown key"),
        ({"scheme": {**BLOCKS, "block_size": 3}}, "scheme.block_size: unknown key"),
        ({"arms": [{"code": "INO", "ratoi": 2}, ONE_TO_ONE[0]]}, "arms[0].ratoi: unknown key"),
        ({"arms": [{"code": "INO", "ratoi": 2}, ONE_TO_ONE[0]]}, "arms[0].ratio: is missing"),
        ({"subjects": "30"}, "subjects: should be a valid integer"),
        ({"subjects": 0}, "subjects: should be greater than or equal to 1"),
        ({"scheme": {**BLOCKS, "block_sizes": [3, 4]}}, "the design: a block of 4 cannot hold"),
        ({"scheme": {"method": "big_stick", "limit": 2}}, "the design: big_stick takes two arms"),
        ({"scheme": MINIMISATION}, "the design: minimisation needs a factor"),
        (
            {"scheme": {**MINIMISATION, "weights": {"g": 1}}, "strata": [FACTOR]},
            "the design: weights names no factor: g",
        ),
        ({"scheme": {**MINIMISATION, "probability": "1/1"}}, "scheme.probability: a probability"),
        (
            {"scheme": {**MINIMISATION, "probability": 0.7}},
            "scheme.probability: must be a fraction",
        ),
        ({"arms": [ONE_TO_ONE[0], ONE_TO_ONE[0]]}, "the design: every arm and every factor"),
        ({"strata": [FACTOR, FACTOR]}, "the design: every arm and every factor"),
        ({"strata": [{**FACTOR, "levels": ["a", "a"]}]}, "strata[0]: every level stands once"),
        ({"strata": [{**FACTOR, "probabilities": ["1/3", "1/3"]}]}, "strata[0]: the probabilities"),
        ({"strata": [{**FACTOR, "probabilities": ["1/3"]}]}, "strata[0]: probabilities needs one"),
        ({"strata": [{**FACTOR, "levels": ["A"]}]}, "strata[0].levels[0]: String should match"),
        ({"scheme": {"method": "urn"}}, "scheme: Input tag 'urn'"),
    ],
)
def test_a_fault_is_told_with_its_place(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(DesignRefused) as refused:
        read_design(raw(**change))
    assert any(each.startswith(fault) for each in refused.value.faults), refused.value.faults


@pytest.mark.parametrize("data", [None, [], "x", 3, {}])
def test_what_is_no_design_at_all_is_refused(data: object) -> None:
    with pytest.raises(DesignRefused):
        read_design(data)


def test_too_many_strata_are_refused() -> None:
    factors = [{"factor": f"f{n}", "levels": [str(m) for m in range(30)]} for n in range(3)]
    with pytest.raises(DesignRefused, match="more than 10000 strata"):
        read_design(raw(strata=factors))
