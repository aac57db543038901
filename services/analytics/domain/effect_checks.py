"""Sizes of effect and incidences held against a survival library, where it has them too.

What is compared is computed anew from the counts of the rows, by the same functions. It compares
what stands in rows: where a rule leaves no hazard ratio there is nothing to hold.
"""

from collections.abc import Sequence
from typing import Protocol

from services.analytics.domain.agreement import EngineCheck
from services.analytics.domain.competing.incidence import cumulative_incidence
from services.analytics.domain.competing.table import CauseCount, CompetingTable
from services.analytics.domain.cox.model import cox
from services.analytics.domain.cox.partial_likelihood import Ties
from services.analytics.domain.effect_rows import EffectPlan
from services.analytics.domain.life_table import FloatArray, LifeTable
from services.analytics.domain.observations import Counts
from services.analytics.domain.restricted_mean import restricted_mean
from services.analytics.domain.results import POOLED, OutputClass
from services.analytics.domain.specification import AnalysisSpec, SurvivalTest

# The library stops short of the maximum; its other numbers are sums of the same terms.
COX_TOLERANCE = 1e-6
MEAN_TOLERANCE = 1e-10
INCIDENCE_TOLERANCE = 1e-10
MOST_SUBJECTS = 20_000
ANY_LEVEL = 0.95  # Neither a mean nor an incidence depends on it.

TOO_MANY = f"the library's Cox model takes a row a subject: not asked beyond {MOST_SUBJECTS:,}"
NO_MAXIMUM = "the library's iteration found no maximum"
SHARED_DAY = "two causes on one day, or one on day 0: the library moves or forgets them"


class EffectEngine(Protocol):
    """A survival library behind the calls for effects and incidences."""

    def log_hazard_ratios(self, strata: Sequence[Sequence[LifeTable]]) -> list[float] | None:
        """Cox coefficients (Efron) of each arm but the first; None without a maximum."""

    def restricted_mean(self, table: LifeTable, tau: float) -> float:
        """Area under the survival curve of at least one subject."""

    def incidence(self, table: CompetingTable) -> FloatArray | None:
        """F at the table's times; None where the library cannot tell ties."""


def check_effects(
    check: EngineCheck, engine: EffectEngine, counts: Counts, spec: AnalysisSpec, plan: EffectPlan
) -> None:
    """Hold hazard ratios and restricted means of an analysis. Raises EngineDisagreement."""
    where = f"{spec.endpoint} {spec.population}"
    for label in (None, *spec.arms):
        used = counts.pooled() if label is None else counts.of_arm(label)
        _check_mean(check, engine, f"{where} {label or POOLED}", used.table, plan.tau_days,
                    _class_of(label))  # fmt: skip
    if plan.compared and len(spec.arms) > 1 and plan.ties is Ties.EFRON:
        arms = (spec.reference_arm, *(arm for arm in spec.arms if arm != spec.reference_arm))
        parts = [[counts.of_arm(arm).table for arm in arms]]
        _check_cox(check, engine, where, parts, spec.minimum_events)
        if SurvivalTest.STRATIFIED_LOGRANK in spec.tests and len(counts.strata) > 1:
            each = [counts.of_stratum(name) for name in counts.strata]
            parts = [[part.of_arm(arm).table for arm in arms] for part in each]
            _check_cox(check, engine, f"{where} stratified", parts, spec.minimum_events)
    check.require_agreement()


def check_incidence(
    check: EngineCheck,
    engine: EffectEngine,
    where: str,
    counts: Sequence[CauseCount],
    arms: Sequence[str],
) -> None:
    """Hold cumulative incidences of every cause. Raises EngineDisagreement."""
    causes = sorted({each.cause for each in counts if each.cause})
    for label in (None, *arms):
        own = [each for each in counts if label in {None, each.arm}]
        agreement = check.of("cumulative incidence", INCIDENCE_TOLERANCE, _class_of(label))
        for cause in causes if own else ():
            table = CompetingTable.of(own, cause)
            theirs = engine.incidence(table)
            if theirs is None:
                agreement.expect(SHARED_DAY)
                continue
            found = cumulative_incidence(table, ANY_LEVEL).incidence
            agreement.add_all(f"{where} {label or POOLED}, cause {cause}", table.times, found,
                              theirs)  # fmt: skip
    check.require_agreement()


def _check_mean(
    check: EngineCheck,
    engine: EffectEngine,
    where: str,
    table: LifeTable,
    tau: float | None,
    output_class: OutputClass,
) -> None:
    own = None if tau is None else restricted_mean(table, tau).value
    if tau is not None and own is not None:
        agreement = check.of("restricted mean", MEAN_TOLERANCE, output_class)
        agreement.add(where, own, engine.restricted_mean(table, tau))


def _check_cox(
    check: EngineCheck,
    engine: EffectEngine,
    where: str,
    strata: Sequence[Sequence[LifeTable]],
    minimum_events: int,
) -> None:
    agreement = check.of("Cox log hazard ratio", COX_TOLERANCE, OutputClass.CLOSED)
    if sum(table.n for tables in strata for table in tables) > MOST_SUBJECTS:
        agreement.expect(TOO_MANY)
        return
    own = [each.value for each in cox(strata, Ties.EFRON, minimum_events).coefficients]
    if None in own:
        return
    theirs = engine.log_hazard_ratios(strata)
    if theirs is None:
        agreement.expect(NO_MAXIMUM)
        return
    for place, (first, second) in enumerate(zip(own, theirs, strict=True), start=1):
        agreement.add(f"{where}, arm {place}", first, second)


def _class_of(label: str | None) -> OutputClass:
    return OutputClass.OPEN if label is None else OutputClass.CLOSED
