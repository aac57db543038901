"""What the rows of every task have in common: which are published, and what they warn of."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from services.analytics.domain.interim_rows import Standing, interim_rows
from services.analytics.domain.plans import NOT_RANDOMIZED, Task, is_randomized
from services.analytics.domain.results import OutputClass, ResultRow
from services.analytics.night import Night
from shared.study.endpoints import Endpoint


def task_rows(night: Night, task: Task, rows: Iterable[ResultRow]) -> Iterator[ResultRow]:
    """The rows that may be published; comparisons that randomization does not protect say so."""
    randomized = is_randomized(night.definition, task)
    for row in rows:
        if not task.pooled and row.output_class is not OutputClass.CLOSED:
            continue
        if row.contrast is None or randomized:
            yield row
        else:
            yield replace(row, warnings=(*row.warnings, NOT_RANDOMIZED))


def looks_at(night: Night, endpoint: Endpoint, standing: Iterable[Standing]) -> Iterator[ResultRow]:
    """Where the endpoint stands between its looks, if the definition plans looks at it."""
    plan = night.definition.analysis.interim
    if plan is not None and plan.endpoint == endpoint.paramcd:
        for each in standing:
            yield from interim_rows(plan, each, night.data.cutoff, night.data.looks)
