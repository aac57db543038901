"""Hazard ratios, restricted means and length of follow-up as result rows."""

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from services.analytics.domain.agreement import EngineCheck
from services.analytics.domain.cox.model import cox
from services.analytics.domain.cox.partial_likelihood import Ties
from services.analytics.domain.cox.proportional_hazards import proportional_hazards
from services.analytics.domain.effect_rows import EffectPlan, effect_rows
from services.analytics.domain.group_rows import OWN
from services.analytics.domain.kaplan_meier import kaplan_meier
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.observations import Observation, count
from services.analytics.domain.results import OutputClass, ResultRow, Status
from services.analytics.domain.reverse_kaplan_meier import ReverseTies
from services.analytics.domain.specification import AnalysisSpec, ConfidenceType, SurvivalTest
from tests.services.analytics.cases import OwnEngine, analyse, freireich, plan, trials

EFFECTS = EffectPlan(22 * 7.0, Ties.EFRON, ReverseTies.FLIP, compared=True)
Found = dict[tuple[str | None, str], ResultRow]


def effects(
    observations: Iterable[Observation],
    spec: AnalysisSpec | None = None,
    planned: EffectPlan = EFFECTS,
) -> Found:
    spec = spec or plan()
    rows = effect_rows(count(observations, spec.arms), spec, planned)
    return {(row.group or row.contrast, row.statistic): row for row in rows}


def two_arms(arm: str, reference: str) -> list[Observation]:
    """Times in weeks, censored ones with a plus."""
    return [
        Observation(f"{name}{index}", name, "1", 7 * int(time.rstrip("+")), event="+" not in time)
        for name, times in (("6-MP", arm), ("control", reference))
        for index, time in enumerate(times.split())
    ]


def test_the_hazard_ratio_of_the_1963_trial_is_the_published_one() -> None:
    # Efron: log hazard ratio 1.572 of control to drug, standard error 0.412 (R's coxph).
    row = effects(freireich())["6-MP vs control", "hazard_ratio"]
    assert row.value == pytest.approx(math.exp(-1.5721251), rel=1e-6)
    assert row.lower == pytest.approx(math.exp(-1.5721251 - 1.959964 * 0.4123967), rel=1e-5)
    assert row.convention["reference"] == "control"
    assert (row.n, row.events, row.output_class) == (42, 30, OutputClass.CLOSED)


def test_the_hazard_ratio_of_four_subjects_is_the_root_of_its_equation() -> None:
    # Events, with those at risk: week 1 drug (2 and 2), week 2 control (1 and 2), week 3 drug
    # (1 and 1). The likelihood r/(2r + 2) 1/(r + 2) r/(r + 1) is largest where r^2 - r - 4 = 0.
    spec = plan(minimum_events=0)
    found = effects(two_arms("1 3", "2 3+"), spec)["6-MP vs control", "hazard_ratio"]
    assert found.value == pytest.approx((1 + math.sqrt(17)) / 2, rel=1e-9)


def test_means_up_to_tau_are_areas_in_the_reporting_unit() -> None:
    # S of the drug: 1 to week 1, 1/2 to week 3: 1 + 1 = 2. Of the control: 2 + 1 = 3.
    planned = EffectPlan(28.0, Ties.EFRON, ReverseTies.FLIP, compared=True)
    found = effects(two_arms("1 3", "2 4"), planned=planned)
    values = {of: found[of, "rmst"].value for of in ("6-MP", "control")}
    assert values == pytest.approx({"6-MP": 2.0, "control": 3.0})
    row = found["6-MP vs control", "rmst_difference"]
    assert (row.value, row.unit, row.timepoint) == (pytest.approx(-1.0), "weeks", 4.0)
    assert found["6-MP vs control", "rmst_ratio"].value == pytest.approx(2 / 3)
    assert found["pooled", "rmst"].value == pytest.approx(2.5)
    assert found["pooled", "rmst"].output_class is OutputClass.OPEN


def test_a_tau_past_what_was_seen_is_not_estimable_with_a_reason() -> None:
    found = effects(two_arms("1 3+", "2 4+"))
    for of, name in (("6-MP", "rmst"), ("6-MP vs control", "rmst_difference")):
        row = found[of, name]
        assert (row.status, row.value) == (Status.NE, None)
        assert row.reason == "tau is past the last observed time and somebody survives it"


def test_follow_up_is_the_median_time_to_censoring() -> None:
    # Censored in weeks 4, 6 and 8 with the one event before them: half are left by week 6.
    row = effects(two_arms("2 4+ 6+ 8+", "1"))["6-MP", "median_follow_up"]
    assert (row.value, row.unit) == (6.0, "weeks")
    assert row.convention["reverse_km_ties"] == "flip"


def test_fewer_events_than_the_definition_asks_for_give_no_hazard_ratio() -> None:
    found = effects(two_arms("1 3", "2 3+"))
    row = found["6-MP vs control", "hazard_ratio"]
    assert (row.status, row.reason) == (Status.NE, "fewer than 5 events in an arm")
    warned = found["6-MP vs control", "proportional_hazards_p"].warnings
    assert "2 events in 6-MP, fewer than 5" in warned


def test_the_rows_are_what_the_model_says_called_by_itself() -> None:
    found, counts = effects(freireich()), count(freireich(), plan().arms)
    strata = [
        [LifeTable.of(counts.of_stratum(each).of_arm(arm).cells) for arm in ("control", "6-MP")]
        for each in counts.strata
    ]
    (ratio, *tests) = cox(strata, Ties.EFRON, 5).statistics(("control", "6-MP"), 0.95)
    row = found["6-MP vs control", "stratified_hazard_ratio"]
    assert (row.value, row.lower, row.upper) == (
        ratio.estimate.value,
        ratio.estimate.lower,
        ratio.estimate.upper,
    )
    assert row.convention["strata"] == 21
    for test in tests:
        name = f"stratified_cox_{test.name}"
        assert found["6-MP vs control", name].value == test.estimate.value
    (constant,) = proportional_hazards(strata).statistics()
    name = "stratified_proportional_hazards_p"
    assert found["6-MP vs control", name].value == constant.estimate.value


def test_the_model_is_stratified_only_where_the_definition_plans_a_stratified_test() -> None:
    found = effects(freireich(), plan(tests=(SurvivalTest.LOGRANK,)))
    assert not [name for _, name in found if name.startswith("stratified_")]
    assert ("6-MP vs control", "hazard_ratio") in found


def test_without_tau_there_is_no_mean_and_without_a_comparison_no_contrast() -> None:
    planned = EffectPlan(None, Ties.EFRON, ReverseTies.FLIP, compared=False)
    assert {name for _, name in effects(freireich(), planned=planned)} == {"median_follow_up"}


def test_of_three_arms_each_other_one_is_compared_with_the_reference() -> None:
    observations = [
        Observation(f"{arm}{index}", arm, "1", 7 * (index + shift), event=True)
        for shift, arm in enumerate(("a", "b", "c"), 1)
        for index in range(6)
    ]
    found = effects(observations, plan(arms=("a", "b", "c"), reference_arm="b"))
    ratios = {of for of, name in found if name == "hazard_ratio"}
    assert ratios == {of for of, name in found if name == "rmst_difference"}
    assert ratios == {"a vs b", "c vs b"}


@given(trials(("6-MP", "control")))
def test_every_number_is_finite_or_has_a_reason(observations: list[Observation]) -> None:
    for row in effects(observations).values():  # A row itself refuses NaN and infinity.
        assert row.value is not None or row.reason


@pytest.mark.parametrize("kind", [each for each in ConfidenceType if each != "log-log"])
def test_limits_of_another_kind_are_our_own_and_the_rows_say_so(kind: ConfidenceType) -> None:
    settings: dict[str, Any] = {"conf_type": kind, "landmarks": (Decimal(10),)}
    rows = analyse(freireich(), plan(**settings), OwnEngine(), EngineCheck()).rows
    (row,) = (each for each in rows if (each.group, each.statistic) == ("6-MP", "survival"))
    table = LifeTable.of(count(freireich(), plan().arms).of_arm("6-MP").cells)
    point = kaplan_meier(table, 0.95, kind).at(70.0)
    assert (row.value, row.lower, row.upper) == (point.value, point.lower, point.upper)
    assert (row.engine, row.convention["conf_type"]) == (OWN, kind.value)


def test_survival_at_each_landmark_is_compared_with_the_reference() -> None:
    spec = plan()
    rows = list(effect_rows(count(freireich(), spec.arms), spec, EFFECTS))
    found = {
        (row.timepoint, row.statistic): row
        for row in rows
        if row.statistic.startswith("survival_difference")
    }
    assert {time for time, _ in found} == {10.0, 20.0}
    row = found[10.0, "survival_difference"]
    # 0.752941176 with error 0.096349653 less 8 of 21 with error sqrt(8/21 13/21 / 21).
    error = math.hypot(0.0963496529943205, math.sqrt(8 / 21 * 13 / 21 / 21))
    difference = 0.752941176470588 - 8 / 21
    assert (row.value, row.lower, row.upper) == pytest.approx(
        (difference, difference - 1.959964 * error, difference + 1.959964 * error), rel=1e-6
    )
    assert (row.contrast, row.unit, row.output_class) == (
        "6-MP vs control", "probability", OutputClass.CLOSED,
    )  # fmt: skip
    assert (row.convention["limits"], row.convention["time_unit"]) == ("plain", "weeks")
    p = found[10.0, "survival_difference_p_two_sided"]
    assert p.value == pytest.approx(math.erfc(difference / error / math.sqrt(2)))
    uncompared = EffectPlan(None, Ties.EFRON, ReverseTies.FLIP, compared=False)
    of_none = effect_rows(count(freireich(), spec.arms), spec, uncompared)
    assert not [row for row in of_none if row.statistic.startswith("survival_difference")]
