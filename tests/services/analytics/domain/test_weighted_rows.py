"""Weighted tests become rows where the definition asks for them, and nowhere else."""

import json
from dataclasses import replace

import pytest

from services.analytics.domain.cox.partial_likelihood import Ties
from services.analytics.domain.effect_rows import EffectPlan, WeightedPlan
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.logrank import EventWeights, logrank
from services.analytics.domain.maxcombo import maxcombo
from services.analytics.domain.observations import Counts, count
from services.analytics.domain.plans import effects_of, tasks_of
from services.analytics.domain.results import OutputClass, ResultRow
from services.analytics.domain.reverse_kaplan_meier import ReverseTies
from services.analytics.domain.weighted_rows import weighted_rows
from shared.study.weighting import WeightedTests
from tests.services.analytics.cases import freireich, plan
from tests.support.definitions import shipped

LATE = EventWeights(0, 1)
WEIGHTS = (EventWeights.LOGRANK, LATE)
EFFECTS = EffectPlan(None, Ties.EFRON, ReverseTies.FLIP, compared=True)
SOURCE = {"kind": "assumed", "note": "made for a test"}


def counts(arms: tuple[str, ...] = ("6-MP", "control")) -> Counts:
    return count(freireich(), arms)


def rows(weighted: WeightedPlan | None) -> dict[tuple[str, str | None], ResultRow]:
    found = weighted_rows(counts(), plan(), replace(EFFECTS, weighted=weighted))
    return {(row.statistic, row.category): row for row in found}


def tables(*, by_pair: bool) -> list[list[LifeTable]]:
    all_of = counts()
    parts = [all_of.of_stratum(each) for each in all_of.strata] if by_pair else [all_of]
    return [[LifeTable.of(p.of_arm(arm).cells) for arm in ("6-MP", "control")] for p in parts]


@pytest.mark.parametrize("by_pair", [False, True])
def test_each_weight_has_a_test_and_the_largest_a_p_of_its_own(by_pair: bool) -> None:
    found = rows(WeightedPlan(WEIGHTS, by_pair, maxcombo=True))
    prefix = "stratified_" if by_pair else ""
    late = found[f"{prefix}fleming_harrington_chi_square", "rho 0, gamma 1"]
    assert late.value == logrank(tables(by_pair=by_pair), LATE).chi_square
    assert late.convention["strata"] == (21 if by_pair else 0)
    plain = found[f"{prefix}fleming_harrington_z", "rho 0, gamma 0"]
    assert plain.value == logrank(tables(by_pair=by_pair)).z(0)
    largest = found[f"{prefix}maxcombo_z", None]
    expected = maxcombo(tables(by_pair=by_pair), WEIGHTS, 0)
    assert (largest.value, largest.contrast) == (expected.largest, "6-MP vs control")
    p = found[f"{prefix}maxcombo_p_two_sided", None]
    assert p.value == expected.p_two_sided
    assert p.convention["weights"] == "rho 0, gamma 0; rho 0, gamma 1"
    assert {row.output_class for row in found.values()} == {OutputClass.CLOSED}
    assert len(found) == 2 * 4 + 3


def test_what_is_not_asked_for_has_no_row() -> None:
    assert rows(None) == {}
    found = rows(WeightedPlan((LATE,), stratified=False, maxcombo=False))
    assert {category for _, category in found} == {"rho 0, gamma 1"}


def test_three_arms_are_tested_at_once_and_each_against_the_reference() -> None:
    spec = plan(arms=("6-MP", "third", "control"))
    asked = replace(EFFECTS, weighted=WeightedPlan(WEIGHTS, stratified=False, maxcombo=True))
    found = list(weighted_rows(counts(spec.arms), spec, asked))
    contrasts = {row.contrast for row in found if "maxcombo" in row.statistic}
    assert contrasts == {"6-MP vs control", "third vs control"}
    empty = [row for row in found if row.contrast == "third vs control"]
    assert all(row.value is None and row.reason for row in empty)
    assert not [row for row in found if row.statistic == "fleming_harrington_z"]


def test_the_definition_says_which_weights() -> None:
    definition = shipped("NCT05748171")
    asked = {
        task.endpoint.paramcd: effects_of(definition, task).weighted
        for task in tasks_of(definition)[0]
    }
    assert asked["EFS"] == WeightedPlan(WEIGHTS, stratified=True, maxcombo=True)
    assert asked["OS"] is None


@pytest.mark.parametrize(
    ("weights", "words"),
    [([{"rho": 0, "gamma": 1}], "two weights or more"),
     ([{"rho": 0, "gamma": 1}, {"rho": 0, "gamma": "1.0"}], "stand twice")],
)  # fmt: skip
def test_a_choice_of_one_and_the_same_weights_twice_are_refused(
    weights: list[dict[str, object]], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        WeightedTests.model_validate_json(
            json.dumps({"weights": weights, "maxcombo": True, "source": SOURCE})
        )
