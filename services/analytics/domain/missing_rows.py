"""Result rows of missing data: how many results are expected, how many are missing, and why.

A missing result counts as a failure; these rows say how many failures are of that kind. Pooled rows
are open, rows by arm closed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.analytics.domain.canonical import content_hash
from services.analytics.domain.estimate import Estimate
from services.analytics.domain.group_rows import OWN
from services.analytics.domain.missing import Missing, count_missing
from services.analytics.domain.proportions import ProportionPlan, Share, percent_of
from services.analytics.domain.results import (
    EXPECTED,
    MISSING,
    MISSING_PERCENT,
    POOLED,
    OutputClass,
    ResultRow,
)
from services.analytics.domain.statistic_rows import with_estimate
from services.analytics.domain.subjects import Subject
from shared.study import StudyDefinition
from shared.study.missing import MissingData

NONE_EXPECTED = "no result is expected"


def missing_rows(
    definition: StudyDefinition,
    missing: MissingData,
    plan: ProportionPlan,
    subjects: Sequence[Subject],
) -> Iterator[ResultRow]:
    """Rows of all arms pooled, then of each arm."""
    by_arm = {
        arm.code: count_missing(
            definition, missing, [each for each in subjects if each.arm == arm.code]
        )
        for arm in definition.arms
    }
    pooled = count_missing(definition, missing, subjects)
    yield from _rows(missing, plan, POOLED, pooled, content_hash(_told(pooled)))
    hashed = content_hash([[arm, *_told(each)] for arm, each in by_arm.items()])
    for arm, each in by_arm.items():
        yield from _rows(missing, plan, arm, each, hashed)


def _told(found: Missing) -> list[int]:
    return [found.subjects, found.expected, *found.reasons.values()]


def _rows(
    missing: MissingData, plan: ProportionPlan, group: str, found: Missing, inputs_hash: str
) -> Iterator[ResultRow]:
    pooled = group == POOLED
    base = ResultRow(
        endpoint=plan.endpoint,
        population=plan.population,
        group=group,
        statistic=EXPECTED,
        value=float(found.expected),
        method="count",
        convention={"missing": "failure"},
        unit="subjects",
        n=found.subjects,
        events=found.expected,
        cutoff=plan.cutoff,
        inputs_hash=inputs_hash,
        engine=OWN,
        output_class=OutputClass.OPEN if pooled else OutputClass.CLOSED,
    )
    yield base
    of_expected = replace(base, statistic=MISSING, n=found.expected)
    yield replace(of_expected, value=float(found.total), events=found.total)
    for reason in missing.reasons:
        number = found.reasons[reason.id]
        said = {**base.convention, "category_label": reason.label}
        yield replace(
            of_expected, category=reason.id, value=float(number), events=number, convention=said
        )
    percent = replace(
        of_expected,
        statistic=MISSING_PERCENT,
        events=found.total,
        method="proportion with exact limits",
        convention={**base.convention, "limits": "Clopper-Pearson", "level": plan.level},
        unit="%",
        engine=plan.engine,
    )
    estimate = percent_of(plan, Share(found.total, found.expected))
    if not found.expected:
        estimate = Estimate(None, reason=NONE_EXPECTED)
    yield with_estimate(percent, estimate)
