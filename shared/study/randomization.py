"""How children are allocated: scheme, stratification factors, caps."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from shared.study.base import Model, Name, Sourced, Text
from shared.study.criteria import Predicate

LevelCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.-]{1,40}$")]


class PermutedBlocks(Sourced):
    """Permuted blocks within strata, block size drawn uniformly from `block_sizes`.

    `capacity_per_stratum` is the least number of slots made per stratum, rounded up to a whole
    block, so that a list is not exhausted within the planned size.
    """

    method: Literal["permuted_blocks"]
    block_sizes: Annotated[tuple[Annotated[int, Field(ge=1, le=1000)], ...], Field(min_length=1)]
    capacity_per_stratum: int = Field(ge=1, le=100_000)

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if list(self.block_sizes) != sorted(set(self.block_sizes)):
            raise ValueError("block_sizes must ascend, each size once")
        return self


class UploadedList(Sourced):
    """A list made by an independent statistician; every stratum holds `slots_per_stratum` rows."""

    method: Literal["uploaded_list"]
    slots_per_stratum: int = Field(ge=1, le=100_000)


Scheme = Annotated[PermutedBlocks | UploadedList, Field(discriminator="method")]


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


class Cap(Sourced):
    """A limit on allocations: cap N admits N and refuses N+1."""

    id: Name
    scope: Literal["study", "site", "stratum"]
    limit: int = Field(ge=1, le=100_000)
    counts_in_error: bool = True


class Randomization(Sourced):
    """Scheme, stratification factors in configured order, caps."""

    scheme: Scheme
    strata: tuple[StratificationFactor, ...] = ()
    caps: tuple[Cap, ...] = ()

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
