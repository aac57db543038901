"""Small data sets, plans and engines shared by the tests of the statistics."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from services.analytics.domain.agreement import EngineCheck
from services.analytics.domain.engine_port import EngineCurve, SurvivalEngine
from services.analytics.domain.kaplan_meier import kaplan_meier
from services.analytics.domain.life_table import FloatArray, LifeTable
from services.analytics.domain.logrank import logrank
from services.analytics.domain.nelson_aalen import nelson_aalen
from services.analytics.domain.observations import Observation, count
from services.analytics.domain.specification import AnalysisSpec
from services.analytics.domain.time_to_event import Analysis, analyse_counts

# Freireich et al. 1963, Blood 21:699: weeks in remission, 21 pairs in order; + censored.
CONTROL_WEEKS = (1, 22, 3, 12, 8, 17, 2, 11, 8, 12, 2, 5, 4, 15, 8, 23, 5, 11, 4, 1, 8)
MERCAPTOPURINE_WEEKS = [
    "10",
    "7",
    "32+",
    "23",
    "22",
    "6",
    "16",
    "34+",
    "32+",
    "25+",
    "11+",
    "20+",
    "19+",
    "6",
    "17+",
    "35+",
    "6",
    "13",
    "9+",
    "6+",
    "10+",
]


def freireich() -> list[Observation]:
    """The 42 children, times in days, pairs as strata."""
    observations = []
    for pair, (control, drug) in enumerate(zip(CONTROL_WEEKS, MERCAPTOPURINE_WEEKS, strict=True)):
        stratum = f"{pair + 1:02}"
        weeks = int(drug.removesuffix("+"))
        observations += [
            Observation(f"C{stratum}", "control", stratum, 7 * control, event=True),
            Observation(f"M{stratum}", "6-MP", stratum, 7 * weeks, event="+" not in drug),
        ]
    return observations


def plan(**changes: Any) -> AnalysisSpec:
    """The plan for the Freireich data, or with changes."""
    settings: dict[str, Any] = {
        "endpoint": "REMISSION",
        "population": "ITT",
        "arms": ("6-MP", "control"),
        "reference_arm": "control",
        "landmarks": (Decimal(10), Decimal(20)),
        "unit": "weeks",
        "days_per_unit": Decimal(7),
        "cutoff": date(1963, 4, 1),
        "minimum_events": 5,
    }
    return AnalysisSpec(**(settings | changes))


def analyse(
    observations: Iterable[Observation],
    spec: AnalysisSpec,
    engine: SurvivalEngine,
    check: EngineCheck,
) -> Analysis:
    """What a run makes of observations with times in days."""
    return analyse_counts(count(observations, spec.arms), spec, engine, check)


def table(*times: int | float | str) -> LifeTable:
    """A life table of one group from times, censored ones as text with a plus."""
    observations = [
        Observation(
            str(index), "a", "", float(str(time).removesuffix("+")), event="+" not in str(time)
        )
        for index, time in enumerate(times)
    ]
    return LifeTable.of(count(observations, ("a",)).cells)


class OwnEngine:
    """Answers with the domain's own numbers, so that the domain can be tested alone."""

    name = "echo 1.0"

    def kaplan_meier(
        self, table: LifeTable, level: float, quantiles: Sequence[float]
    ) -> EngineCurve:
        curve = kaplan_meier(table, level)
        crossings = {}
        for p in quantiles:
            estimate, lower, upper = (quantile.time for quantile in curve.quantiles(p))
            crossings[p] = (estimate, lower, upper)
        hazard = nelson_aalen(table).hazard
        return EngineCurve(
            self.shifted(curve.survival), curve.lower, curve.upper, crossings, hazard
        )

    def logrank(self, tables: Sequence[LifeTable]) -> float:
        chi_square = logrank([tables]).chi_square
        assert chi_square is not None
        return chi_square

    def shifted(self, survival: FloatArray) -> FloatArray:
        return survival


class WrongEngine(OwnEngine):
    """Differs in the ninth decimal of S(t)."""

    name = "wrong 1.0"

    def shifted(self, survival: FloatArray) -> FloatArray:
        return survival + 1e-9


@st.composite
def trials(
    draw: st.DrawFn, arms: Sequence[str] = ("a", "b"), *, least: int = 0, most: int = 40
) -> list[Observation]:
    """Observations with many ties, censorings, events at time 0, and arms that may be empty."""
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(list(arms)),
                st.sampled_from(["x", "y", "z"]),
                st.integers(0, 15),
                st.booleans(),
            ),
            min_size=least,
            max_size=most,
        )
    )
    return [Observation(f"S{index:03}", *row) for index, row in enumerate(rows)]
