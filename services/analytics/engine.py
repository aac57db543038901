"""The survival library behind the domain's port: lifelines, fitted on counts.

The only module of the service that imports lifelines and pandas; only the run of
an analysis imports it, so that reading results stays quick to start.
"""

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import lifelines
import numpy as np
import pandas as pd
from lifelines.statistics import multivariate_logrank_test
from lifelines.utils import qth_survival_time

from services.analytics.domain.engine_port import EngineCurve, Triple
from services.analytics.domain.life_table import FloatArray, LifeTable


class LifelinesEngine:
    """Kaplan-Meier and the plain log-rank test of lifelines.

    A time enters with two weighted rows, its events and its censorings, which
    gives exactly what one row per subject gives and costs only the distinct times.
    """

    @property
    def name(self) -> str:
        """Library and version."""
        return f"lifelines {lifelines.__version__}"

    def kaplan_meier(
        self, table: LifeTable, level: float, quantiles: Sequence[float]
    ) -> EngineCurve:
        """Curve and log-log limits at the times of the table."""
        times, events, weights = _weighted_rows(table)
        with _quiet():
            fitter = lifelines.KaplanMeierFitter(alpha=1.0 - level)
            fitter.fit(times, event_observed=events, weights=weights)
            survival = fitter.survival_function_.iloc[:, 0]
            limits = fitter.confidence_interval_
            columns = [survival, limits.iloc[:, 0], limits.iloc[:, 1]]
            values = [_at_times(column, table.times) for column in columns]
            crossings = {p: _crossings(columns, p) for p in quantiles}
        return EngineCurve(values[0], values[1], values[2], crossings)

    def logrank(self, tables: Sequence[LifeTable]) -> float:
        """Chi-square over all groups; lifelines has no stratified test."""
        rows = [_weighted_rows(table) for table in tables]
        groups = np.repeat(np.arange(len(rows)), [times.size for times, _, _ in rows])
        times, events, weights = (np.concatenate(column) for column in zip(*rows, strict=True))
        with _quiet():
            test = multivariate_logrank_test(times, groups, events, weights=weights)
        return float(test.test_statistic)


def _weighted_rows(table: LifeTable) -> tuple[FloatArray, FloatArray, FloatArray]:
    times = np.concatenate([table.times, table.times])
    events = np.repeat([1.0, 0.0], table.times.size)
    weights = np.concatenate([table.events, table.censored]).astype(np.float64)
    filled = weights > 0
    return times[filled], events[filled], weights[filled]


def _at_times(column: "pd.Series[float]", times: FloatArray) -> FloatArray:
    return np.asarray(column.reindex(times).to_numpy(), dtype=np.float64)


def _crossings(columns: Sequence["pd.Series[float]"], p: float) -> Triple:
    found = [float(qth_survival_time(1.0 - p, column)) for column in columns]
    estimate, lower, upper = (time if math.isfinite(time) else None for time in found)
    return estimate, lower, upper


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's divisions by zero, and its change of numpy's settings, to itself."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
