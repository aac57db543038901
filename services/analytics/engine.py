"""The survival library behind the domain's port: lifelines, fitted on counts.

The only module of the service that imports lifelines and pandas; only the run of
an analysis imports it, so that reading results stays quick to start.
"""

import math
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import lifelines
import numpy as np
import pandas as pd
from lifelines.exceptions import ConvergenceError
from lifelines.statistics import multivariate_logrank_test
from lifelines.utils import qth_survival_time, restricted_mean_survival_time

from services.analytics.domain.competing.table import CompetingTable
from services.analytics.domain.engine_port import EngineCurve, Triple
from services.analytics.domain.life_table import FloatArray, LifeTable

# Its own stop some 1e-4 from the maximum.
_TIGHT = {"precision": 1e-20, "r_precision": 1e-16, "max_steps": 200}
_SEED = 1963


class LifelinesEngine:
    """What lifelines computes of the same counts.

    A time enters with two weighted rows, its events and its censorings, which gives exactly what
    one row per subject gives and costs only the distinct times; a Cox model needs a row a subject,
    as its weights are not replicates. ``seconds`` is the time that each quantity has taken.
    """

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @property
    def name(self) -> str:
        """Library and version."""
        return f"lifelines {lifelines.__version__}"

    def kaplan_meier(
        self, table: LifeTable, level: float, quantiles: Sequence[float]
    ) -> EngineCurve:
        """Curve, log-log limits and cumulative hazard at the times of the table."""
        with self._at("Kaplan-Meier"):
            fitter = _kaplan_meier(table, level)
            survival = fitter.survival_function_.iloc[:, 0]
            limits = fitter.confidence_interval_
            columns = [survival, limits.iloc[:, 0], limits.iloc[:, 1]]
            values = [_at_times(column, table.times) for column in columns]
            crossings = {p: _crossings(columns, p) for p in quantiles}
        with self._at("Nelson-Aalen"):
            hazard = _cumulative_hazard(table)
        return EngineCurve(values[0], values[1], values[2], crossings, hazard)

    def logrank(self, tables: Sequence[LifeTable]) -> float:
        """Chi-square over all groups; lifelines has no stratified test."""
        rows = [_weighted_rows(table) for table in tables]
        groups = np.repeat(np.arange(len(rows)), [times.size for times, _, _ in rows])
        times, events, weights = (np.concatenate(column) for column in zip(*rows, strict=True))
        with self._at("log-rank"):
            test = multivariate_logrank_test(times, groups, events, weights=weights)
        return float(test.test_statistic)

    def log_hazard_ratios(self, strata: Sequence[Sequence[LifeTable]]) -> list[float] | None:
        """Cox coefficients of each arm but the first, ties by Efron; None where it finds none."""
        arms = len(strata[0])
        frame = pd.concat(
            _subjects(table, arm, stratum)
            for stratum, tables in enumerate(strata)
            for arm, table in enumerate(tables)
        ).reset_index(drop=True)
        names = [f"arm{arm}" for arm in range(1, arms)]
        for arm, name in enumerate(names, start=1):
            frame[name] = (frame["arm"] == arm).astype(float)
        by = ["stratum"] if len(strata) > 1 else None
        columns = ["time", "event", *names, *(by or ())]
        with self._at("Cox model"):
            try:
                fitted = lifelines.CoxPHFitter().fit(
                    frame[columns], "time", "event", strata=by, fit_options=_TIGHT
                )
            except (ConvergenceError, np.linalg.LinAlgError):
                return None
        return [float(fitted.params_[name]) for name in names]

    def restricted_mean(self, table: LifeTable, tau: float) -> float:
        """Area under the Kaplan-Meier curve up to ``tau``."""
        with self._at("restricted mean"):
            return float(restricted_mean_survival_time(_kaplan_meier(table, 0.95), t=tau))

    def incidence(self, table: CompetingTable) -> FloatArray | None:
        """Cumulative incidence at the times of the table; None where both causes share a day, which
        it moves apart by chance, or one is on day 0, where it begins."""
        shared = table.events.astype(bool) & table.competing.astype(bool)
        if shared.any() or not table.times.all():
            return None
        leaving = table.at_risk - np.append(table.at_risk[1:], 0)
        censored = leaving - table.events - table.competing
        times = np.tile(table.times, 3)
        causes = np.repeat([1, 2, 0], table.times.size)
        weights = np.concatenate([table.events, table.competing, censored]).astype(np.float64)
        filled = weights > 0
        with self._at("cumulative incidence"):
            fitter = lifelines.AalenJohansenFitter(seed=_SEED, calculate_variance=False)
            fitter.fit(times[filled], causes[filled], event_of_interest=1, weights=weights[filled])
            return _at_times(fitter.cumulative_density_.iloc[:, 0], table.times)

    @contextmanager
    def _at(self, quantity: str) -> Iterator[None]:
        started = time.perf_counter()
        with _quiet():
            yield
        self.seconds[quantity] += time.perf_counter() - started


def _kaplan_meier(table: LifeTable, level: float) -> lifelines.KaplanMeierFitter:
    times, events, weights = _weighted_rows(table)
    fitter = lifelines.KaplanMeierFitter(alpha=1.0 - level)
    return fitter.fit(times, event_observed=events, weights=weights)


def _cumulative_hazard(table: LifeTable) -> FloatArray:
    times, events, weights = _weighted_rows(table)
    # Its default smooths ties away, off the sum of d / r by up to some hundredths.
    fitter = lifelines.NelsonAalenFitter(nelson_aalen_smoothing=False)
    fitter.fit(times, event_observed=events, weights=weights)
    return _at_times(fitter.cumulative_hazard_.iloc[:, 0], table.times)


def _subjects(table: LifeTable, arm: int, stratum: int) -> pd.DataFrame:
    """A row a subject."""
    times, events, weights = _weighted_rows(table)
    each = weights.astype(np.int64)
    return pd.DataFrame({
        "time": np.repeat(times, each), "event": np.repeat(events, each), "arm": arm,
        "stratum": stratum,
    })  # fmt: skip


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
