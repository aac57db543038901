"""Ratios of the hazard of a cause: cause-specific, and of its subdistribution.

The first asks how the arms differ in the rate of the event among those who may still have it, the
second in how many have it in the end; they may point in opposite directions.
"""

from collections.abc import Iterator, Sequence

from services.analytics.domain.competing.subdistribution import CensoringTies, stratified_fine_gray
from services.analytics.domain.competing.table import CompetingTable
from services.analytics.domain.cox.connection import REFERENCE
from services.analytics.domain.cox.model import Coefficient, cox
from services.analytics.domain.estimate import Convention, Estimate, Statistic

CAUSE_SPECIFIC, FINE_GRAY = "cause_specific", "fine_gray"


def cause_hazards(
    asked: Sequence[str],
    strata: Sequence[Sequence[CompetingTable]],
    arms: Sequence[str],
    level: float,
    minimum_events: int,
) -> Iterator[tuple[str, tuple[Statistic, ...]]]:
    """Each arm but the first with its ratios to the first, and their p; the tables of each of
    ``strata`` are in the order of ``arms``. With fewer than ``minimum_events`` events of the cause
    in an arm there is none."""
    if CAUSE_SPECIFIC in asked:
        parts = [[table.of_cause() for table in tables] for tables in strata]
        model = cox(parts, minimum_events=minimum_events)
        told: Convention = {"ties": "efron"}
        yield from _told("cause_specific", "Cox model of the cause", told, model.coefficients,
                         arms, level)  # fmt: skip
    if FINE_GRAY in asked:
        found = stratified_fine_gray(strata, minimum_events)
        told = {"ties": "breslow", "censoring_ties": CensoringTies.AT_RISK.value,
                "variance": "sandwich, Fine and Gray 1999"}  # fmt: skip
        yield from _told("subdistribution", "Fine-Gray model", told, found, arms, level)


def _told(
    name: str,
    method: str,
    told: Convention,
    coefficients: Sequence[Coefficient],
    arms: Sequence[str],
    level: float,
) -> Iterator[tuple[str, tuple[Statistic, ...]]]:
    for arm, each in zip(arms[1:], coefficients, strict=True):
        convention: Convention = {**told, "reference": arms[REFERENCE], "arm": arm}
        limits: Convention = {**convention, "limits": "Wald on the log scale", "level": level}
        sides: Convention = {**convention, "sides": 2}
        p, test = Estimate(each.p_two_sided, reason=each.reason), f"{method}: Wald test"
        ratio = Statistic(f"{name}_hazard_ratio", each.hazard_ratio(level), method, limits, "1")
        yield arm, (ratio, Statistic(f"{name}_p_two_sided", p, test, sides, "probability"))
