"""lifelines behind the port: what it computes, and that the two engines agree on all data."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from lifelines import KaplanMeierFitter

from services.analytics.domain.agreement import EngineCheck
from services.analytics.domain.competing.table import CauseCount
from services.analytics.domain.cox.partial_likelihood import Ties
from services.analytics.domain.effect_checks import check_effects, check_incidence
from services.analytics.domain.effect_rows import EffectPlan
from services.analytics.domain.engine_port import (
    AT_ZERO,
    CLOSED_AT_ZERO,
    ON_PLATEAU,
    compare_logrank,
)
from services.analytics.domain.group_rows import estimate_group
from services.analytics.domain.kaplan_meier import kaplan_meier
from services.analytics.domain.logrank import logrank
from services.analytics.domain.observations import Observation, count
from services.analytics.domain.results import OutputClass
from services.analytics.domain.reverse_kaplan_meier import ReverseTies
from services.analytics.domain.specification import SurvivalTest
from services.analytics.engine import LifelinesEngine
from tests.services.analytics.cases import analyse, freireich, plan, table, trials
from tests.services.analytics.domain.competing.causes import ends
from tests.services.analytics.reference import NAMES, close, load

ENGINE = LifelinesEngine()
QUARTILES = (0.25, 0.5, 0.75)


def test_counts_give_exactly_what_rows_give() -> None:
    times = (6, 6, 6, "6+", 7, "9+", 10, "10+", "11+", 13, 16, "17+")
    rows = KaplanMeierFitter().fit(
        [float(str(time).removesuffix("+")) for time in times],
        ["+" not in str(time) for time in times],
    )
    curve = ENGINE.kaplan_meier(table(*times), 0.95, QUARTILES)
    assert curve.survival.tolist() == rows.survival_function_.iloc[1:, 0].tolist()
    limits = rows.confidence_interval_.iloc[1:]
    assert curve.lower.tolist() == limits.iloc[:, 0].tolist()
    assert curve.upper.tolist() == limits.iloc[:, 1].tolist()


def test_the_hazard_is_the_sum_of_shares_and_not_smoothed() -> None:
    found = ENGINE.kaplan_meier(table(0, 3, 3, 3, "3+", 6), 0.95, ()).hazard
    assert found.tolist() == pytest.approx([1 / 6, 1 / 6 + 3 / 5, 1 / 6 + 3 / 5 + 1], rel=1e-14)


def test_an_event_on_day_zero_is_not_lost() -> None:
    assert ENGINE.kaplan_meier(table(0, 4, "5+"), 0.95, ()).survival[0] == pytest.approx(2 / 3)


def test_the_level_reaches_the_library() -> None:
    own = kaplan_meier(table(1, 2, 3, "4+", 5, "6+"), 0.8)
    curve = ENGINE.kaplan_meier(own.table, 0.8, ())
    inside = own.interior
    np.testing.assert_allclose(curve.lower[inside], own.lower[inside], rtol=1e-12)
    np.testing.assert_allclose(curve.upper[inside], own.upper[inside], rtol=1e-12)


def test_a_median_that_is_not_reached_is_none() -> None:
    assert ENGINE.kaplan_meier(table(1, "2+", "3+"), 0.95, (0.5,)).quantiles[0.5][0] is None


def test_the_librarys_change_of_numpy_settings_does_not_leak() -> None:
    with np.errstate(all="warn"), warnings.catch_warnings():
        warnings.simplefilter("error")
        before = np.geterr()
        ENGINE.kaplan_meier(table(1, 2, 3), 0.95, QUARTILES)
        ENGINE.logrank([table(1, 2), table(2, 3)])
        assert np.geterr() == before


def test_name_and_version_go_onto_the_rows() -> None:
    rows = analyse(freireich(), plan(), ENGINE, EngineCheck()).rows
    assert {row.engine for row in rows} == {"own", ENGINE.name}
    assert ENGINE.name.startswith("lifelines 0.30.")


@pytest.mark.parametrize("name", NAMES)
def test_published_survival_equals_that_of_r(name: str) -> None:
    reference = load(name)
    spec = plan(arms=reference.arms, reference_arm=reference.expected["reference_arm"])
    check = EngineCheck()
    for arm in reference.arms:
        group = estimate_group(reference.counts, spec, ENGINE, check, arm)
        expected = reference.expected["km"][arm]
        for index, time in enumerate(expected["times"]):
            point = group.curve.at(time)
            assert close(point.value, expected["survival"][index])
            assert close(point.lower, expected["log-log"]["lower"][index])
            assert close(point.upper, expected["log-log"]["upper"][index])
    check.require_agreement()


@pytest.mark.parametrize("name", NAMES)
def test_both_engines_agree_on_the_logrank_test(name: str) -> None:
    tables = list(load(name).tables().values())
    check = EngineCheck()
    compare_logrank(check, name, logrank([tables]).chi_square, ENGINE.logrank(tables))
    check.require_agreement()


def test_all_differences_of_definition_in_the_reference_data_are_explained() -> None:
    check = EngineCheck()
    for name in NAMES:
        reference = load(name)
        spec = plan(arms=reference.arms, reference_arm=reference.expected["reference_arm"])
        analyse(reference.observations, spec, ENGINE, check)
    by_arm = check.to_json(OutputClass.CLOSED)
    reasons = {
        str(reason)
        for entry in by_arm
        if isinstance(entry, dict) and isinstance(entry["expected_reasons"], list)
        for reason in entry["expected_reasons"]
    }
    assert reasons == {AT_ZERO, CLOSED_AT_ZERO, ON_PLATEAU}


@given(trials(arms=("a", "b", "c")))
def test_both_engines_agree_on_any_data(observations: list[Observation]) -> None:
    spec = plan(arms=("a", "b", "c"), reference_arm="c", unit="days")
    analyse(observations, spec, ENGINE, EngineCheck())


@pytest.mark.parametrize("name", NAMES)
def test_hazard_ratios_and_means_of_real_data_agree(name: str) -> None:
    reference = load(name)
    spec = plan(
        arms=reference.arms, reference_arm=reference.expected["reference_arm"], minimum_events=0,
        tests=(SurvivalTest.STRATIFIED_LOGRANK,),
    )  # fmt: skip
    tau = float(reference.expected["rmst"]["tau"])
    check = EngineCheck()
    how = EffectPlan(tau, Ties.EFRON, ReverseTies.FLIP, compared=True)
    check_effects(check, ENGINE, reference.counts, spec, how)
    if reference.causes:
        check_incidence(check, ENGINE, name, reference.causes, reference.arms)
    compared = {
        str(entry["quantity"]): entry["compared"]
        for entry in check.to_json(OutputClass.CLOSED)
        if isinstance(entry, dict)
    }
    assert all(compared.values()), compared


@given(ends(("a", "b")))
@settings(max_examples=30)
def test_incidences_of_any_data_agree_where_the_library_can_tell_them(
    cells: list[CauseCount],
) -> None:
    check_incidence(EngineCheck(), ENGINE, "any", cells, ("a", "b"))


@given(trials(arms=("a", "b", "c"), least=6))
@settings(max_examples=15)
def test_hazard_ratios_of_any_data_agree_where_there_is_one(
    observations: list[Observation],
) -> None:
    spec = plan(
        arms=("a", "b", "c"), reference_arm="c", minimum_events=2,
        tests=(SurvivalTest.STRATIFIED_LOGRANK,),
    )  # fmt: skip
    how = EffectPlan(10.0, Ties.EFRON, ReverseTies.FLIP, compared=True)
    check_effects(EngineCheck(), ENGINE, count(observations, spec.arms), spec, how)


def test_the_time_of_each_quantity_is_told() -> None:
    engine = LifelinesEngine()
    engine.kaplan_meier(table(1, 2, "3+"), 0.95, ())
    assert engine.restricted_mean(table(1, 2, "3+"), 2.5) == pytest.approx(1 + 2 / 3 + 1 / 6)
    assert engine.seconds.keys() == {"Kaplan-Meier", "Nelson-Aalen", "restricted mean"}
    assert min(engine.seconds.values()) > 0
