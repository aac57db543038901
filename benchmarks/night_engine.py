"""What a night computes of counts, and the same by lifelines."""

import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any

from benchmarks.night_results import ARMS, Beside
from benchmarks.outcome import InvalidRun
from services.analytics.domain.account.data_set import DataSet
from services.analytics.domain.agreement import EngineCheck
from services.analytics.domain.cox.model import cox
from services.analytics.domain.cox.partial_likelihood import Ties
from services.analytics.domain.effect_rows import EffectPlan, effect_rows
from services.analytics.domain.engine_port import EngineCurve, SurvivalEngine
from services.analytics.domain.kaplan_meier import kaplan_meier
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.logrank import logrank
from services.analytics.domain.nelson_aalen import nelson_aalen
from services.analytics.domain.observations import Counts
from services.analytics.domain.results import ResultRow
from services.analytics.domain.reverse_kaplan_meier import ReverseTies
from services.analytics.domain.specification import AnalysisSpec, SurvivalTest
from services.analytics.domain.tally import Cell
from services.analytics.domain.tally import counts_of as counts_of_cells
from services.analytics.domain.time_to_event import analyse_counts

ROUNDS = 3
LANDMARKS = (Decimal(365), Decimal(730))
SPEC = AnalysisSpec(
    endpoint="NIGHT", population="ITT", arms=ARMS, reference_arm=ARMS[0], landmarks=LANDMARKS,
    unit="days", days_per_unit=Decimal(1), cutoff=date(2030, 1, 1), minimum_events=5,
    tests=(SurvivalTest.STRATIFIED_LOGRANK, SurvivalTest.LOGRANK),
)  # fmt: skip
PLAN = EffectPlan(730.0, Ties.EFRON, ReverseTies.FLIP, compared=True)
CLOSE, CLOSE_COX = 1e-10, 1e-6


def counts_of(rows: Iterable[Sequence[Any]]) -> Counts:
    """Counts of rows of arm, stratum, day, events, competing events (none here), censored."""
    return counts_of_cells(Cell("", *row) for row in rows)


def statistics(counts: Counts, engine: SurvivalEngine | None = None) -> list[ResultRow]:
    """The rows that a night makes of an endpoint by time, both log-rank tests among them;
    without another ``engine`` ours checks itself, which costs it nothing."""
    analysis = analyse_counts(counts, SPEC, engine or _Own(), EngineCheck())
    return [*analysis.rows, *effect_rows(counts, SPEC, PLAN)]


class _Own:
    """Our own answers in the place of lifelines'."""

    name = "own"

    def kaplan_meier(
        self, table: LifeTable, level: float, quantiles: Sequence[float]
    ) -> EngineCurve:
        curve = kaplan_meier(table, level)
        crossings = {}
        for p in quantiles:
            estimate, lower, upper = (each.time for each in curve.quantiles(p))
            crossings[p] = (estimate, lower, upper)
        hazard = nelson_aalen(table).hazard
        return EngineCurve(curve.survival, curve.lower, curve.upper, crossings, hazard)

    def logrank(self, tables: Sequence[LifeTable]) -> float:
        return float(logrank([tables]).chi_square or 0.0)


def compare(counts: Counts) -> list[Beside]:
    """Log-rank and Cox beside lifelines. Raises InvalidRun where the two do not agree."""
    import numpy as np
    from lifelines import CoxPHFitter

    from services.analytics.engine import LifelinesEngine

    data = DataSet(ARMS, counts, stratified=True)
    engine = LifelinesEngine()
    tables, strata = data.strata(stratified=False), data.strata(stratified=True)
    own, plain = _best(lambda: logrank(tables))
    theirs, chi_square = _best(lambda: engine.logrank(tables[0]))
    differs = abs((plain.chi_square or 0.0) - chi_square) / chi_square
    if differs > CLOSE:
        raise InvalidRun(f"two log-rank tests differ by {differs}")
    stratified, _ = _best(lambda: logrank(strata))
    night, _ = _best(lambda: statistics(counts))
    checked, _ = _best(lambda: statistics(counts, engine))
    found = [
        Beside("All rows of an endpoint; with lifelines' part", counts.n, night, checked, None),
        Beside("Log-rank, plain", counts.n, own, theirs, differs),
        Beside("Log-rank, stratified; lifelines: plain", counts.n, stratified, theirs, None),
    ]
    frame = _frame(counts)
    # Tight options: by its own ones lifelines stops up to 1e-4 from the maximum.
    options = {"precision": 1e-20, "r_precision": 1e-16, "max_steps": 200}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for what, parts, by in (("Cox, plain", tables, None), ("Cox, stratified", strata, "s")):
            own, model = _best(lambda parts=parts: cox(parts, Ties.EFRON))  # type: ignore[misc]
            columns = frame if by else frame.drop(columns="s")
            theirs, fit = _once(
                lambda columns=columns, by=by: CoxPHFitter().fit(  # type: ignore[misc]
                    columns, "t", "e", strata=by, fit_options=options
                )
            )
            differs = abs(float(model.coefficients[0].value or 0.0) - float(fit.params_["x"]))
            if differs > CLOSE_COX:
                raise InvalidRun(f"{what}: coefficients differ by {differs}")
            found.append(Beside(what, counts.n, own, theirs, differs))
    return found


def _frame(counts: Counts) -> Any:
    """A row a participant, as lifelines' Cox model needs for ties."""
    import numpy as np
    import pandas as pd

    cells = [
        (cell.time, happened, cell.arm == ARMS[1], cell.stratum, number)
        for cell in counts.cells
        for happened, number in ((1, cell.events), (0, cell.censored))
    ]
    times, events, arms, strata, numbers = zip(*cells, strict=True)
    columns = {"t": times, "e": events, "x": np.array(arms, float), "s": strata}
    return pd.DataFrame({name: np.repeat(each, numbers) for name, each in columns.items()})


def _best(work: Callable[[], Any]) -> tuple[float, Any]:
    runs = [_once(work) for _ in range(ROUNDS)]
    return median(seconds for seconds, _ in runs), runs[-1][1]


def _once(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found
