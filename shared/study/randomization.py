"""How children are allocated: scheme, stratification factors, caps, and the rules around them."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from shared.study.base import Model, Name, Sourced, Text
from shared.study.caps import Cap
from shared.study.criteria import Predicate
from shared.study.enrolment import AccrualTarget, Downtime, ForcedAllocation, Replacement
from shared.study.schemes import Minimisation, Scheme
from shared.study.withdrawal import WithdrawalRecord

LevelCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.-]{1,40}$")]


class FactorLevel(Model):
    """One level of a factor; `when` derives it from eligibility items. In YAML the code alone may
    stand for a level that is not derived."""

    code: LevelCode
    label: Text
    when: Predicate | None = None

    @model_validator(mode="before")
    @classmethod
    def _code_alone(cls, value: object) -> object:
        return {"code": value, "label": value} if isinstance(value, str) else value


class StratificationFactor(Sourced):
    """A stratification factor. Where its levels carry `when`, the level is derived from the values
    brought to the gate (first level that holds) and a submitted level must equal it."""

    factor: Name
    label: Text
    levels: Annotated[tuple[FactorLevel, ...], Field(min_length=1)]

    @property
    def derived(self) -> bool:
        """Whether the level follows from the values."""
        return all(level.when is not None for level in self.levels)

    @property
    def level_codes(self) -> tuple[str, ...]:
        """The level codes in configured order."""
        return tuple(level.code for level in self.levels)


class Randomization(Sourced):
    """Scheme, stratification factors in configured order, caps, and the rules around them.

    - `request_signature`: an allocation request needs the investigator's electronic signature.
    - `low_water_percent`: the share of a stratum's slots still free when the statistician is told.
    - `withdrawn_when`: the record that keeps a subject from being allocated.
    - `replacement`, `forced`, `downtime`, `accrual`, `withdrawn_when`: absent means none.
    """

    scheme: Scheme
    strata: tuple[StratificationFactor, ...] = ()
    caps: tuple[Cap, ...] = ()
    request_signature: bool = False
    low_water_percent: int = Field(default=20, ge=0, le=100)
    withdrawn_when: WithdrawalRecord | None = None
    replacement: Replacement | None = None
    forced: ForcedAllocation | None = None
    downtime: Downtime | None = None
    accrual: AccrualTarget | None = None

    @property
    def locks_whole_study(self) -> bool:
        """Whether two allocations of different strata may depend on each other: minimisation, and
        caps that count more than one stratum. The transaction then locks the study exclusively."""
        return isinstance(self.scheme, Minimisation) or any(map(self._spans_strata, self.caps))

    @property
    def replacement_rule(self) -> Literal["none", "next_number"]:
        """The rule of replacement; `none` where the definition has none."""
        return "none" if self.replacement is None else self.replacement.rule

    @property
    def forced_limit(self) -> int:
        """How many allocations may be forced; 0 where none may be."""
        return 0 if self.forced is None else self.forced.limit

    @property
    def envelopes_per_stratum(self) -> int:
        """Sealed envelopes per site and stratum for an outage; 0 where there are none."""
        return 0 if self.downtime is None else self.downtime.envelopes_per_stratum

    def minimisation_weights(self) -> dict[str, int]:
        """The factors that minimisation balances, in configured order, with their weights; empty
        for another scheme."""
        if not isinstance(self.scheme, Minimisation):
            return {}
        given = self.scheme.weights
        if given is None:
            return {factor.factor: 1 for factor in self.strata}
        return {f.factor: given[f.factor] for f in self.strata if f.factor in given}

    def list_labels(self) -> tuple[str, ...]:
        """The labels that the slots of a list stand under: the strata, or `*` alone for
        minimisation, whose draws are taken in one order by the whole study."""
        return ("*",) if isinstance(self.scheme, Minimisation) else self.stratum_labels()

    def stratum_label(self, levels: Mapping[str, str]) -> str:
        """`factor=level` in configured order joined by `;` (`*` where nothing stratifies).

        Raises ValueError for a missing or unknown factor or level, naming the factor only.
        """
        unknown = sorted(set(levels) - {factor.factor for factor in self.strata})
        if unknown:
            raise ValueError(f"unknown stratification factor: {', '.join(unknown)}")
        for factor in self.strata:
            if levels.get(factor.factor) not in factor.level_codes:
                raise ValueError(f"missing or unknown level of factor {factor.factor}")
        pairs = (f"{factor.factor}={levels[factor.factor]}" for factor in self.strata)
        return ";".join(pairs) or "*"

    def stratum_labels(self) -> tuple[str, ...]:
        """Every stratum label, in the order of factors and levels."""
        labels = [""]
        for factor in self.strata:
            labels = [
                f"{label};{factor.factor}={code}" if label else f"{factor.factor}={code}"
                for label in labels
                for code in factor.level_codes
            ]
        return tuple(label or "*" for label in labels)

    def _spans_strata(self, cap: Cap) -> bool:
        if cap.scope != "stratum":
            return True
        return cap.target is not None and len(cap.levels) < len(self.strata)
