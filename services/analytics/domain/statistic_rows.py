"""From the named statistics of an estimator to result rows."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from services.analytics.domain.estimate import Estimate, Statistic
from services.analytics.domain.results import ResultRow, Status


def statistic_rows(
    base: ResultRow, statistics: Iterable[Statistic], prefix: str = ""
) -> Iterator[ResultRow]:
    """``base`` once for each statistic, with its number, method, convention and unit.

    The convention of the estimator is added to that of ``base`` and wins. ``prefix`` tells
    versions of one statistic apart (``stratified_``).
    """
    for each in statistics:
        row = replace(
            base,
            statistic=f"{prefix}{each.name}",
            method=each.method,
            convention={**base.convention, **each.convention},
            unit=each.unit,
        )
        yield with_estimate(row, each.estimate)


def with_estimate(row: ResultRow, estimate: Estimate) -> ResultRow:
    """The row holding an estimate, or the reason why there is none."""
    status = Status.OK if estimate.value is not None else Status.NE
    return replace(
        row,
        value=estimate.value,
        lower=estimate.lower,
        upper=estimate.upper,
        status=status,
        reason=estimate.reason,
    )
