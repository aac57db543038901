"""Sizes of effect held against another engine: a difference fails, what cannot be held is said."""

from collections.abc import Sequence

import pytest

from services.analytics.domain import effect_checks
from services.analytics.domain.agreement import EngineCheck, EngineDisagreement
from services.analytics.domain.competing.incidence import cumulative_incidence
from services.analytics.domain.competing.table import CauseCount, CompetingTable
from services.analytics.domain.cox.model import cox
from services.analytics.domain.cox.partial_likelihood import Ties
from services.analytics.domain.effect_checks import (
    NO_MAXIMUM,
    SHARED_DAY,
    TOO_MANY,
    check_effects,
    check_incidence,
)
from services.analytics.domain.effect_rows import EffectPlan
from services.analytics.domain.life_table import FloatArray, LifeTable
from services.analytics.domain.observations import Counts, count
from services.analytics.domain.restricted_mean import restricted_mean
from services.analytics.domain.results import OutputClass
from services.analytics.domain.reverse_kaplan_meier import ReverseTies
from services.analytics.domain.specification import SurvivalTest
from tests.services.analytics.cases import freireich, plan

PLAN = EffectPlan(140.0, Ties.EFRON, ReverseTies.FLIP, compared=True)
SPEC = plan(tests=(SurvivalTest.LOGRANK, SurvivalTest.STRATIFIED_LOGRANK))


class Echo:
    """The domain's own numbers, shifted; or none."""

    def __init__(self, shift: float = 0.0, *, silent: bool = False) -> None:
        self.shift, self.silent = shift, silent
        self.asked = 0

    def log_hazard_ratios(self, strata: Sequence[Sequence[LifeTable]]) -> list[float] | None:
        self.asked += 1
        values = [each.value for each in cox(strata).coefficients]
        return None if self.silent else [value + self.shift for value in values if value]

    def restricted_mean(self, table: LifeTable, tau: float) -> float:
        value = restricted_mean(table, tau).value
        assert value is not None
        return value

    def incidence(self, table: CompetingTable) -> FloatArray | None:
        return None if self.silent else cumulative_incidence(table, 0.95).incidence + self.shift


def counts() -> Counts:
    return count(freireich(), SPEC.arms)


def told(check: EngineCheck, output_class: OutputClass) -> dict[str, dict[str, object]]:
    return {
        str(each["quantity"]): dict(each)
        for each in check.to_json(output_class)
        if isinstance(each, dict)
    }


def test_hazard_ratios_of_both_models_and_the_means_of_every_group_are_held() -> None:
    check = EngineCheck()
    check_effects(check, Echo(), counts(), SPEC, PLAN)
    closed = told(check, OutputClass.CLOSED)
    assert closed["Cox log hazard ratio"]["compared"] == 2
    assert closed["restricted mean"]["compared"] == 2
    # Nothing by arm is told openly.
    assert told(check, OutputClass.OPEN).keys() == {"restricted mean"}


def test_a_ratio_that_differs_in_the_fifth_digit_fails_the_run() -> None:
    with pytest.raises(EngineDisagreement, match="Cox log hazard ratio"):
        check_effects(EngineCheck(), Echo(1e-5), counts(), SPEC, PLAN)


def test_an_incidence_that_differs_fails_the_run() -> None:
    cells = [CauseCount("6-MP", "", float(day), 1 + day % 2, 1) for day in range(1, 9)]
    check_incidence(EngineCheck(), Echo(), "HSCT ITT", cells, SPEC.arms)
    with pytest.raises(EngineDisagreement, match="cumulative incidence"):
        check_incidence(EngineCheck(), Echo(1e-9), "HSCT ITT", cells, SPEC.arms)


def test_what_the_library_cannot_tell_is_counted_with_the_reason() -> None:
    check = EngineCheck()
    check_effects(check, Echo(silent=True), counts(), SPEC, PLAN)
    cells = [CauseCount("6-MP", "", 1.0, 1, 1)]
    check_incidence(check, Echo(silent=True), "HSCT ITT", cells, SPEC.arms)
    closed = told(check, OutputClass.CLOSED)
    assert closed["Cox log hazard ratio"]["expected_reasons"] == [NO_MAXIMUM]
    assert closed["cumulative incidence"]["expected_reasons"] == [SHARED_DAY]
    assert {each["verdict"] for each in closed.values()} == {"agrees"}


def test_of_very_many_subjects_the_library_makes_no_cox_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(effect_checks, "MOST_SUBJECTS", 41)
    check, engine = EngineCheck(), Echo()
    check_effects(check, engine, counts(), SPEC, PLAN)
    assert engine.asked == 0
    reasons = told(check, OutputClass.CLOSED)["Cox log hazard ratio"]["expected_reasons"]
    assert reasons == [TOO_MANY]


def test_where_the_rows_have_no_ratio_none_is_held() -> None:
    check, engine = EngineCheck(), Echo()
    check_effects(check, engine, counts(), plan(minimum_events=99), PLAN)
    assert engine.asked == 0
    assert told(check, OutputClass.CLOSED)["Cox log hazard ratio"]["compared"] == 0
