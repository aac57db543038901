"""What is to be estimated for one endpoint in one population."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from services.analytics.domain.results import POOLED


class SurvivalTest(StrEnum):
    """Tests of equal survival between arms."""

    LOGRANK = "logrank"
    STRATIFIED_LOGRANK = "stratified_logrank"
    PETO_PETO = "peto_peto"
    STRATIFIED_PETO_PETO = "stratified_peto_peto"

    @property
    def is_stratified(self) -> bool:
        """Whether it is summed over the strata of randomization."""
        return self.value.startswith("stratified_")

    @property
    def label(self) -> str:
        """Its name inside a sentence."""
        name = "log-rank" if "logrank" in self.value else "Peto-Peto"
        return f"stratified {name}" if self.is_stratified else name


class ConfidenceType(StrEnum):
    """Transformation under which limits of S(t) are symmetric."""

    LOG_LOG = "log-log"
    LOG = "log"
    PLAIN = "plain"
    LOGIT = "logit"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisSpec:
    """The plan of one time-to-event analysis; every value comes from the study definition.

    ``arms`` are in display order and hold ``reference_arm``. ``landmarks`` are in
    ``unit``, of which ``days_per_unit`` gives the length in days (for example 7 or
    30.4375). Fewer than ``minimum_events`` events in an arm put a warning on the
    tests. Raises ValueError for a plan that contradicts itself.
    """

    endpoint: str
    population: str
    arms: tuple[str, ...]
    reference_arm: str
    level: float = 0.95
    conf_type: ConfidenceType = ConfidenceType.LOG_LOG
    landmarks: tuple[Decimal, ...] = ()
    unit: str
    days_per_unit: Decimal
    tests: tuple[SurvivalTest, ...] = (SurvivalTest.LOGRANK, SurvivalTest.STRATIFIED_LOGRANK)
    cutoff: date
    minimum_events: int = 0

    def __post_init__(self) -> None:
        if len(set(self.arms)) != len(self.arms) or not self.arms:
            raise ValueError("arms must be named, each once")
        if POOLED in self.arms or "" in self.arms:
            raise ValueError(f"an arm cannot be called {POOLED!r} or have no name")
        if self.reference_arm not in self.arms:
            raise ValueError(f"the reference arm {self.reference_arm!r} is not among the arms")
        if not 0 < self.level < 1:
            raise ValueError("the confidence level lies between 0 and 1")
        if not self.days_per_unit > 0:
            raise ValueError("days per unit must be positive")
        if any(not landmark >= 0 for landmark in self.landmarks):
            raise ValueError("a landmark must not be negative")

    def in_days(self, time: Decimal) -> float:
        """A time in the reporting unit as days."""
        return float(time * self.days_per_unit)

    def in_units(self, days: float) -> float:
        """Days in the reporting unit, divided only here and in decimal arithmetic."""
        return float(Decimal(days) / self.days_per_unit)

    @property
    def contrast(self) -> str:
        """Name of the comparison: experimental arms in order, then the reference."""
        others = [arm for arm in self.arms if arm != self.reference_arm]
        return " vs ".join([*others, self.reference_arm])
