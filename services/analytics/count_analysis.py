"""The steps of a night for what is counted: proportions, adverse events, concentrations."""

from collections.abc import Iterator, Sequence

from services.analytics.domain.adverse_event_rows import adverse_event_rows
from services.analytics.domain.competing_rows import competing_rows
from services.analytics.domain.concentration_rows import concentration_rows
from services.analytics.domain.effect_checks import check_incidence
from services.analytics.domain.interim_standing import rate_standing
from services.analytics.domain.missing_rows import missing_rows
from services.analytics.domain.plans import Task
from services.analytics.domain.proportion_contrasts import (
    proportion_contrast_rows,
    shares_by_stratum,
)
from services.analytics.domain.proportions import ProportionPlan, proportion_rows, shares
from services.analytics.domain.results import ResultRow
from services.analytics.domain.subgroup_rows import rate_subgroup_rows
from services.analytics.domain.subjects import Subject, members
from services.analytics.domain.tally import causes_of
from services.analytics.exact_limits import ENGINE, clopper_pearson
from services.analytics.night import Night
from services.analytics.overviews import incidence_overviews
from services.analytics.task_rows import looks_at, task_rows
from shared.study.endpoints import (
    AdverseEventEndpoint,
    ConcentrationEndpoint,
    ProportionEndpoint,
)


def analyse_counted(
    night: Night,
    task: Task,
    endpoint: ProportionEndpoint | AdverseEventEndpoint | ConcentrationEndpoint,
) -> None:
    """Count and compare the endpoint in the set of the task."""
    plan = ProportionPlan(
        endpoint.paramcd,
        task.population.id,
        float(night.definition.analysis.confidence_level),
        night.data.cutoff,
        clopper_pearson,
        ENGINE,
    )
    subjects = members(task.population, night.subjects)
    if isinstance(endpoint, AdverseEventEndpoint):
        rows = adverse_event_rows(night.definition, endpoint, plan, subjects)
    elif isinstance(endpoint, ConcentrationEndpoint):
        rows = list(concentration_rows(night.definition, endpoint, plan, subjects))
    else:
        rows = list(_proportion(night, task, endpoint, plan, subjects))
    night.rows += task_rows(night, task, rows)


def _proportion(
    night: Night,
    task: Task,
    endpoint: ProportionEndpoint,
    plan: ProportionPlan,
    subjects: Sequence[Subject],
) -> Iterator[ResultRow]:
    definition, cutoff = night.definition, night.data.cutoff
    yield from proportion_rows(plan, shares(definition, endpoint, subjects, cutoff))
    strata = shares_by_stratum(definition, endpoint, subjects, cutoff)
    yield from proportion_contrast_rows(definition, plan, endpoint.tests, strata)
    if task.is_main:
        yield from rate_subgroup_rows(definition, endpoint, plan, subjects)
        looks = definition.analysis.interim
        if looks is not None:
            standing = rate_standing(definition, endpoint, looks, plan, subjects)
            yield from looks_at(night, endpoint, standing)
    if endpoint.missing is not None:
        yield from missing_rows(definition, endpoint.missing, plan, subjects)
    if endpoint.competing:
        yield from _competing(night, task, endpoint, plan)


def _competing(
    night: Night,
    task: Task,
    endpoint: ProportionEndpoint,
    plan: ProportionPlan,
) -> Sequence[ResultRow]:
    counts = causes_of(night.counted[plan.endpoint, plan.population].cells)
    arms = [arm.code for arm in night.definition.arms]
    where = f"{plan.endpoint} {plan.population}"
    check_incidence(night.check, night.engine, where, counts, arms)
    rows = list(competing_rows(night.definition, endpoint, plan, counts))
    for drawn in incidence_overviews(night.definition, endpoint, task, plan.cutoff, counts, rows):
        night.keep(drawn)
    return rows
