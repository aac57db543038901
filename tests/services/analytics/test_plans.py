"""What is computed and what is not, and the plan it is computed by."""

from decimal import Decimal

import pytest

from services.analytics.domain.agreement import EngineCheck
from services.analytics.domain.cox.partial_likelihood import Ties
from services.analytics.domain.effect_rows import EffectPlan, WeightedPlan
from services.analytics.domain.logrank import EventWeights
from services.analytics.domain.plans import (
    ONE_ARM,
    Task,
    effects_of,
    for_figure,
    is_randomized,
    plan_of,
    tasks_of,
    text_of,
)
from services.analytics.domain.reverse_kaplan_meier import ReverseTies
from services.analytics.domain.specification import ConfidenceType, SurvivalTest
from shared.study import StudyDefinition
from shared.study.occurrences import Population
from tests.services.analytics.cases import OwnEngine, analyse
from tests.services.analytics.dated import DAY0
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")
FREIREICH = shipped("freireich-1963")


def task(paramcd: str, definition: StudyDefinition = NCT) -> Task:
    return next(each for each in tasks_of(definition)[0] if each.endpoint.paramcd == paramcd)


def with_population(**changes: object) -> StudyDefinition:
    populations = tuple(
        each.model_copy(update=changes) if each.id == "ITT" else each for each in NCT.populations
    )
    return NCT.model_copy(update={"populations": populations})


def test_every_endpoint_and_population_is_computed_or_listed_with_a_reason() -> None:
    tasks, left_out = tasks_of(NCT)
    computed = {(each.endpoint.paramcd, each.population.id) for each in tasks}
    named = computed | {(each.endpoint, each.population) for each in left_out}
    wanted = {(each.paramcd, name) for each in NCT.endpoints for name in each.populations}
    assert named == wanted == computed


def test_concentrations_have_no_pooled_rows_because_one_arm_has_them() -> None:
    reasons = {each.endpoint: each.reason for each in tasks_of(NCT)[1]}
    assert reasons["PKCMAX"] == reasons["PKTROUGH"] == ONE_ARM


def test_nothing_of_the_primary_endpoint_is_left_out() -> None:
    assert not [each for each in tasks_of(NCT)[1] if each.endpoint == "MRDNEG"]


def test_a_set_picked_by_what_came_after_randomization_is_not_compared_at_random() -> None:
    tasks = {(each.endpoint.paramcd, each.population.id): each for each in tasks_of(NCT)[0]}
    assert is_randomized(NCT, tasks["MRDNEG", "ITT"])
    assert not is_randomized(NCT, tasks["MRDNEG", "RESP"])
    assert not is_randomized(NCT, tasks["HSCT", "ITT"])


def test_a_set_limited_to_an_arm_has_no_pooled_numbers() -> None:
    definition = with_population(arms=("INO",))
    assert not task("OS", definition).pooled
    assert task("OS").pooled
    assert ONE_ARM in {each.reason for each in tasks_of(definition)[1] if each.endpoint == "OS"}


def test_the_plan_is_the_definitions() -> None:
    plan = plan_of(NCT, task("EFS"), DAY0)
    assert (plan.arms, plan.reference_arm) == (("INO", "ALLR3"), "ALLR3")
    assert plan.tests == (
        SurvivalTest.STRATIFIED_LOGRANK, SurvivalTest.LOGRANK, SurvivalTest.PETO_PETO,
    )  # fmt: skip
    assert (plan.level, plan.unit, plan.days_per_unit) == (0.95, "days", Decimal(1))
    assert (plan.landmarks, plan.minimum_events) == (tuple(map(Decimal, (365, 730, 1826))), 5)
    assert plan_of(NCT, task("DOR"), DAY0).tests == ()


@pytest.mark.parametrize("kind", list(ConfidenceType))
def test_limits_are_of_the_kind_that_the_definition_asks_for(kind: ConfidenceType) -> None:
    analysis = NCT.analysis.model_copy(update={"conf_type": kind.value})
    definition = NCT.model_copy(update={"analysis": analysis})
    assert plan_of(definition, task("EFS"), DAY0).conf_type is kind


def test_effects_are_measured_as_the_definition_says() -> None:
    effects = effects_of(NCT, task("EFS"))
    late = WeightedPlan((EventWeights(), EventWeights(0, 1)), stratified=True, maxcombo=True)
    assert effects == EffectPlan(730.0, Ties.EFRON, ReverseTies.FLIP, compared=True, weighted=late)
    assert effects_of(FREIREICH, task("REMDUR", FREIREICH)).tau_days == 22 * 7


def test_without_a_tau_no_restricted_mean_is_planned() -> None:
    analysis = NCT.analysis.model_copy(update={"tau": None})
    assert effects_of(NCT.model_copy(update={"analysis": analysis}), task("EFS")).tau_days is None


def test_a_figure_is_in_axis_units_with_landmarks_on_the_same_days() -> None:
    plan = plan_of(NCT, task("EFS"), DAY0)
    drawn = for_figure(NCT, analyse([], plan, OwnEngine(), EngineCheck())).spec
    assert (drawn.unit, drawn.landmarks) == ("months", tuple(map(Decimal, (12, 24, 60))))
    days = [int(drawn.in_days(landmark)) for landmark in drawn.landmarks]
    assert days == [365, 730, 1826]


def test_a_landmark_that_is_no_round_number_of_units_stays_what_it_is() -> None:
    analysis = NCT.analysis.model_copy(update={"landmarks": (Decimal(100),)})
    definition = NCT.model_copy(update={"analysis": analysis})
    plan = plan_of(definition, task("EFS", definition), DAY0)
    drawn = for_figure(definition, analyse([], plan, OwnEngine(), EngineCheck())).spec
    assert drawn.in_days(drawn.landmarks[0]) == pytest.approx(100)


def test_the_words_of_a_figure_name_no_arm() -> None:
    text = text_of(NCT, task("OSHSCT"), "0.1.0")
    assert text.title == "Overall survival (censored at HSCT), NCT05748171"
    assert text.origin == "day 1 - first dose, or randomization where never dosed"
    assert text.censoring == "last known alive; first HSCT after randomization; at most 5 years"
    assert text.versions == ("induct 0.1.0", "definition 2.5.0")


def test_a_figure_of_another_than_the_main_population_is_named_for_it() -> None:
    other = Population.model_validate(NCT.population("RESP").model_dump(), strict=False)
    assert task("EFS").figure == "EFS"
    assert Task(task("EFS").endpoint, other, pooled=True).figure == "EFS_RESP"


def test_the_1963_trial_is_computed_whole() -> None:
    assert [each.endpoint.paramcd for each in tasks_of(FREIREICH)[0]] == ["REMDUR"]
