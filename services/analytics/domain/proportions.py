"""Number and percent of subjects with a success, with exact limits.

A subject of the population without a success is a failure, missing data included. Limits: Clopper
and Pearson 1934, handed in as a function because they need the quantiles of a beta distribution.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from services.analytics.domain.canonical import content_hash
from services.analytics.domain.estimate import NO_SUBJECTS, Estimate
from services.analytics.domain.follow_up import last_day
from services.analytics.domain.group_rows import OWN
from services.analytics.domain.results import POOLED, OutputClass, ResultRow
from services.analytics.domain.statistic_rows import with_estimate
from services.analytics.domain.subjects import Subject, occurrences
from shared.study import StudyDefinition
from shared.study.derivation import Occurrence
from shared.study.endpoints import ProportionEndpoint

Limits = Callable[[int, int, float], tuple[float, float]]
"""Limits of a proportion from successes, subjects (1 or more) and the confidence level."""


@dataclass(frozen=True, slots=True)
class Share:
    """``successes`` of ``subjects``."""

    successes: int
    subjects: int


@dataclass(frozen=True, slots=True)
class ProportionPlan:
    """What is computed for one endpoint in one population; ``engine`` names who gives limits."""

    endpoint: str
    population: str
    level: float
    cutoff: date
    limits: Limits
    engine: str


def first_success(
    definition: StudyDefinition, endpoint: ProportionEndpoint, subject: Subject, cutoff: date
) -> Occurrence | None:
    """The first of the endpoint's successes by the cutoff and the horizon; None for a failure."""
    last = last_day(definition, endpoint, subject)
    until = cutoff if last is None else min(cutoff, last.date)
    return next(iter(occurrences(definition, endpoint.successes, subject, until)), None)


def succeeded(
    definition: StudyDefinition, endpoint: ProportionEndpoint, subject: Subject, cutoff: date
) -> bool:
    """Whether any of the endpoint's successes happened by the cutoff and the horizon."""
    return first_success(definition, endpoint, subject, cutoff) is not None


def shares(
    definition: StudyDefinition,
    endpoint: ProportionEndpoint,
    subjects: Iterable[Subject],
    cutoff: date,
) -> dict[str, Share]:
    """The share of every arm of the study, in the order of its arms."""
    counts = {arm.code: [0, 0] for arm in definition.arms}
    for subject in subjects:
        count = counts[subject.arm]
        count[0] += succeeded(definition, endpoint, subject, cutoff)
        count[1] += 1
    return {arm: Share(*count) for arm, count in counts.items()}


def proportion_rows(plan: ProportionPlan, by_arm: Mapping[str, Share]) -> list[ResultRow]:
    """Rows of all arms pooled (open), then of each arm (closed)."""
    pooled = Share(
        sum(share.successes for share in by_arm.values()),
        sum(share.subjects for share in by_arm.values()),
    )
    arms_hash = content_hash([[arm, x.successes, x.subjects] for arm, x in by_arm.items()])
    pooled_hash = content_hash([pooled.successes, pooled.subjects])
    rows = list(_rows(plan, POOLED, pooled, pooled_hash, OutputClass.OPEN))
    for arm, share in by_arm.items():
        rows += _rows(plan, arm, share, arms_hash, OutputClass.CLOSED)
    return rows


def _rows(
    plan: ProportionPlan, group: str, share: Share, inputs_hash: str, output_class: OutputClass
) -> Iterator[ResultRow]:
    base = ResultRow(
        endpoint=plan.endpoint,
        population=plan.population,
        group=group,
        statistic="n",
        value=float(share.subjects),
        method="count",
        unit="subjects",
        n=share.subjects,
        events=share.successes,
        cutoff=plan.cutoff,
        inputs_hash=inputs_hash,
        engine=OWN,
        output_class=output_class,
    )
    yield base
    yield replace(base, statistic="successes", value=float(share.successes))
    percent = replace(
        base,
        statistic="percent",
        method="proportion with exact limits",
        convention={"limits": "Clopper-Pearson", "level": plan.level, "missing": "failure"},
        unit="%",
        engine=plan.engine,
    )
    yield with_estimate(percent, percent_of(plan, share))


def percent_of(plan: ProportionPlan, share: Share) -> Estimate:
    """Percent with exact limits; NE where there is nobody."""
    if not share.subjects:
        return Estimate(None, reason=NO_SUBJECTS)
    lower, upper = plan.limits(share.successes, share.subjects, plan.level)
    return Estimate(100.0 * share.successes / share.subjects, 100.0 * lower, 100.0 * upper)
