"""What the domain asks of a survival library, and how its answers are compared.

The library is handed in; the domain never imports one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from services.analytics.domain.agreement import EngineCheck
from services.analytics.domain.kaplan_meier import Curve
from services.analytics.domain.life_table import FloatArray, LifeTable
from services.analytics.domain.nelson_aalen import CumulativeHazard
from services.analytics.domain.results import OutputClass

CURVE_TOLERANCE = 1e-12
QUANTILE_TOLERANCE = 1e-12
LOGRANK_TOLERANCE = 1e-10

AT_ZERO = "the library gives limits of 0 where survival is 0; they are not estimable"
ON_PLATEAU = "the library takes one end of a plateau; the midpoint is reported"
CLOSED_AT_ZERO = "the library closes a limit where survival is 0; it is not estimable"
NOT_MONOTONE = "the limit rises again; the library looks at its end, the nearest point is reported"

Triple = tuple[float | None, float | None, float | None]


@dataclass(frozen=True, slots=True, eq=False)
class EngineCurve:
    """A library's Kaplan-Meier curve: arrays of the length of the life table.

    ``quantiles`` holds for each p the time of the estimate, of its lower and its
    upper limit curve, by the library's own rule; None where it gives none. ``hazard`` is its
    Nelson-Aalen estimate.
    """

    survival: FloatArray
    lower: FloatArray
    upper: FloatArray
    quantiles: Mapping[float, Triple]
    hazard: FloatArray


class SurvivalEngine(Protocol):
    """A survival library behind the calls of an analysis; effects are ``EffectEngine``'s."""

    @property
    def name(self) -> str:
        """Name and version, as stored on result rows."""

    def kaplan_meier(
        self, table: LifeTable, level: float, quantiles: Sequence[float]
    ) -> EngineCurve:
        """Kaplan-Meier on a life table of at least one subject, log-log limits at ``level``, and
        the cumulative hazard."""

    def logrank(self, tables: Sequence[LifeTable]) -> float:
        """Chi-square of the plain log-rank test of two or more groups with subjects."""


def compare_curves(
    check: EngineCheck, where: str, own: Curve, engine: EngineCurve, output_class: OutputClass
) -> None:
    """Compare S(t) everywhere and its limits wherever 0 < S < 1."""
    survival = check.of("Kaplan-Meier S(t)", CURVE_TOLERANCE, output_class)
    limits = check.of("Kaplan-Meier log-log limits", CURVE_TOLERANCE, output_class)
    inside, times = own.interior, own.table.times
    survival.add_all(where, times, own.survival, engine.survival)
    for mine, theirs in ((own.lower, engine.lower), (own.upper, engine.upper)):
        limits.add_all(where, times[inside], mine[inside], theirs[inside])
    for _ in range(int(np.sum((own.survival == 0) & ~inside & ~np.isnan(engine.upper)))):
        limits.expect(AT_ZERO)


def compare_hazards(
    check: EngineCheck,
    where: str,
    own: CumulativeHazard,
    engine: EngineCurve,
    output_class: OutputClass,
) -> None:
    """Compare H(t) everywhere."""
    agreement = check.of("Nelson-Aalen H(t)", CURVE_TOLERANCE, output_class)
    agreement.add_all(where, own.table.times, own.hazard, engine.hazard)


def compare_quantiles(
    check: EngineCheck, where: str, own: Curve, engine: EngineCurve, output_class: OutputClass
) -> None:
    """Compare quantiles and their limits, setting aside the differences of definition."""
    agreement = check.of("Kaplan-Meier quantiles", QUANTILE_TOLERANCE, output_class)
    curves = (own.survival, own.lower, own.upper)
    for p, theirs in engine.quantiles.items():
        names = ("estimate", "lower limit", "upper limit")
        for name, mine, time, curve in zip(names, own.quantiles(p), theirs, curves, strict=True):
            same = mine.time == time
            if not same and mine.plateau:
                agreement.expect(ON_PLATEAU)
            elif not same and mine.time is None and time == _first_zero(own):
                agreement.expect(CLOSED_AT_ZERO)
            elif not same and _rises(curve):
                agreement.expect(NOT_MONOTONE)
            else:
                agreement.add(f"{where}, {name} at {p:g}", mine.time, time)


def compare_logrank(
    check: EngineCheck, where: str, own: float | None, engine: float | None
) -> None:
    """Compare the chi-square of the plain test."""
    agreement = check.of("log-rank chi-square", LOGRANK_TOLERANCE, OutputClass.CLOSED)
    agreement.add(where, own, engine)


def _first_zero(curve: Curve) -> float | None:
    zero: Iterable[int] = np.flatnonzero(curve.survival == 0)
    return next((float(curve.table.times[index]) for index in zero), None)


def _rises(curve: FloatArray) -> bool:
    known = curve[~np.isnan(curve)]
    return bool((np.diff(known) > 0).any())
