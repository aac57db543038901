"""What is computed of each endpoint, and how: from the study definition to the estimators' plans.

Nothing is left out in silence: what this release does not compute is listed with the reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from math import floor

from services.analytics.domain.cox.partial_likelihood import Ties
from services.analytics.domain.effect_rows import EffectPlan, WeightedPlan
from services.analytics.domain.logrank import EventWeights
from services.analytics.domain.panel_text import PanelText
from services.analytics.domain.reverse_kaplan_meier import ReverseTies
from services.analytics.domain.specification import AnalysisSpec, ConfidenceType, SurvivalTest
from services.analytics.domain.time_to_event import Analysis
from shared.study import StudyDefinition
from shared.study.endpoints import (
    AdverseEventEndpoint,
    ConcentrationEndpoint,
    Endpoint,
    TimeToEventEndpoint,
)
from shared.study.occurrences import Population

NO_EXPOSURE = "rates per time watched: the definition names no exposure"
ONE_ARM = "population limited to arms: its pooled numbers would be numbers by arm"
NOT_RANDOMIZED = "not a randomized comparison"
_TESTS = {
    "logrank": SurvivalTest.LOGRANK,
    "logrank_stratified": SurvivalTest.STRATIFIED_LOGRANK,
    "peto_peto": SurvivalTest.PETO_PETO,
    "peto_peto_stratified": SurvivalTest.STRATIFIED_PETO_PETO,
}


class PlanRefused(ValueError):
    """The definition asks for something this release cannot compute."""


@dataclass(frozen=True, slots=True)
class NotComputed:
    """An endpoint in a population that has no rows of a class, or none at all."""

    endpoint: str
    population: str
    kind: str
    reason: str

    def to_json(self) -> dict[str, str]:
        """The entry of a manifest."""
        return {
            "endpoint": self.endpoint,
            "population": self.population,
            "kind": self.kind,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Task:
    """An endpoint to be computed in a population; without ``pooled`` it has no open rows."""

    endpoint: Endpoint
    population: Population
    pooled: bool

    @property
    def is_main(self) -> bool:
        """Whether it is in the endpoint's main population."""
        return self.population.id == self.endpoint.populations[0]

    @property
    def figure(self) -> str:
        """Name of its figure without the suffix: the endpoint's, in its main population."""
        if self.is_main:
            return self.endpoint.paramcd
        return f"{self.endpoint.paramcd}_{self.population.id}"


def tasks_of(definition: StudyDefinition) -> tuple[list[Task], list[NotComputed]]:
    """Everything to compute, in the order of the definition, and what is left out."""
    tasks: list[Task] = []
    left_out: list[NotComputed] = []
    for endpoint in definition.endpoints:
        for name in endpoint.populations:
            population = definition.population(name)
            for reason in _reasons(endpoint, population):
                left_out.append(NotComputed(endpoint.paramcd, name, endpoint.kind, reason))
            tasks.append(Task(endpoint, population, pooled=not population.arms))
    return tasks, left_out


def _reasons(endpoint: Endpoint, population: Population) -> Iterator[str]:
    if population.arms or isinstance(endpoint, ConcentrationEndpoint):
        yield ONE_ARM
    if isinstance(endpoint, AdverseEventEndpoint) and endpoint.exposure is None:
        yield NO_EXPOSURE


def is_randomized(definition: StudyDefinition, task: Task) -> bool:
    """Whether randomization protects a difference between the arms.

    It does not in a set by arm received, nor in one that asks for what came after randomization.
    """
    population = task.population
    by_arm_randomized = population.arm_basis == "randomized" and not population.unless
    at_once = all(definition.anchor(each).kind == "allocation" for each in population.requires)
    return task.endpoint.comparison == "randomized" and by_arm_randomized and at_once


def plan_of(definition: StudyDefinition, task: Task, cutoff: date) -> AnalysisSpec:
    """The plan of a time-to-event task, in the reporting unit."""
    analysis, endpoint = definition.analysis, task.endpoint
    tests = endpoint.tests if isinstance(endpoint, TimeToEventEndpoint) else ()
    return AnalysisSpec(
        endpoint=endpoint.paramcd,
        population=task.population.id,
        arms=tuple(arm.code for arm in definition.arms),
        reference_arm=definition.reference_arm,
        level=float(analysis.confidence_level),
        conf_type=ConfidenceType(analysis.conf_type),
        landmarks=analysis.landmarks,
        unit=analysis.reporting_unit.name,
        days_per_unit=analysis.reporting_unit.days,
        tests=tuple(_TESTS[test] for test in tests),
        cutoff=cutoff,
        minimum_events=analysis.minimum_events_for_hazard_ratio,
    )


def effects_of(definition: StudyDefinition, task: Task) -> EffectPlan:
    """How effects on time are measured; tau of the definition is in reporting units."""
    analysis = definition.analysis
    tau = None if analysis.tau is None else float(analysis.tau * analysis.reporting_unit.days)
    return EffectPlan(
        tau,
        Ties(analysis.ties),
        ReverseTies(analysis.reverse_km_ties),
        compared=task.endpoint.comparison != "none",
        weighted=_weighted(task.endpoint),
        replicates=None if analysis.resampling is None else analysis.resampling.replicates,
    )


def _weighted(endpoint: Endpoint) -> WeightedPlan | None:
    asked = endpoint.weighted if isinstance(endpoint, TimeToEventEndpoint) else None
    if asked is None:
        return None
    weights = tuple(EventWeights(float(each.rho), float(each.gamma)) for each in asked.weights)
    return WeightedPlan(weights, asked.stratified, asked.maxcombo)


def for_figure(definition: StudyDefinition, analysis: Analysis) -> Analysis:
    """The same estimates in the unit of figures.

    A landmark becomes a round number of units where that is the same day (365 days: 12 months).
    """
    return replace(analysis, spec=in_axis_units(definition, analysis.spec))


def in_axis_units(definition: StudyDefinition, spec: AnalysisSpec) -> AnalysisSpec:
    """The same plan in the unit of figures."""
    unit = definition.analysis.axis_unit
    landmarks = tuple(
        _in_axis_units(landmark * spec.days_per_unit, unit.days) for landmark in spec.landmarks
    )
    return replace(spec, unit=unit.name, days_per_unit=unit.days, landmarks=landmarks)


def _in_axis_units(days: Decimal, unit: Decimal) -> Decimal:
    whole = (days / unit).to_integral_value()
    return whole if floor(whole * unit) == floor(days) else days / unit


def text_of(definition: StudyDefinition, task: Task, code_version: str) -> PanelText:
    """The words of a time-to-event task's figures. Raises PlanRefused for another kind of task."""
    endpoint = task.endpoint
    if not isinstance(endpoint, TimeToEventEndpoint):
        raise PlanRefused(f"{endpoint.paramcd} has no time to draw")
    ends = [definition.event_source(source).description for source in endpoint.censoring]
    ends += [definition.anchor(anchor).label for anchor in endpoint.censor_at]
    if endpoint.horizon is not None:
        ends.append(f"at most {endpoint.horizon.years} years")
    return PanelText(
        title=f"{endpoint.label}, {definition.id}",
        origin=_inside_sentence(definition.anchor(endpoint.origin).label),
        censoring="; ".join(_inside_sentence(end) for end in ends),
        versions=versions_of(definition, code_version),
    )


def versions_of(definition: StudyDefinition, code_version: str) -> tuple[str, ...]:
    """Code and definition as they stand in the footer of a figure."""
    return f"induct {code_version}", f"definition {definition.version}"


def _inside_sentence(words: str) -> str:
    """The first letter small, where it does not begin an abbreviation."""
    return words[:1].lower() + words[1:] if words[1:2].islower() else words
