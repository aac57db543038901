"""Allocation schemes: how the slots of a randomization list come about."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.study.base import Code, ExactFraction, Name, Sourced

Capacity = Annotated[int, Field(ge=1, le=100_000)]

Weights = Annotated[dict[Name, Annotated[int, Field(ge=1, le=1000)]], Field(min_length=1)]


class PermutedBlocks(Sourced):
    """Permuted blocks within strata, block size drawn uniformly from `block_sizes`.

    `capacity_per_stratum` is the least number of slots made per stratum, rounded up to a whole
    block, so that a list is not exhausted within the planned size.
    """

    method: Literal["permuted_blocks"]
    block_sizes: Annotated[tuple[Annotated[int, Field(ge=1, le=1000)], ...], Field(min_length=1)]
    capacity_per_stratum: Capacity

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if list(self.block_sizes) != sorted(set(self.block_sizes)):
            raise ValueError("block_sizes must ascend, each size once")
        return self


class UploadedList(Sourced):
    """A list made by an independent statistician; every stratum holds `slots_per_stratum` rows.

    `longest_run` is the most slots of one arm that may follow each other within a stratum; an arm
    that it does not name has no limit.
    """

    method: Literal["uploaded_list"]
    slots_per_stratum: Capacity
    longest_run: dict[Code, Annotated[int, Field(ge=1, le=1000)]] = Field(default={})


class Minimisation(Sourced):
    """Minimisation by Pocock and Simon in the form that keeps the ratio: 1:1:1 over fake arms, each
    arm standing for as many of them as its share (Pocock & Simon, Biometrics 1975;31:103-115).

    - `weights`: the factors that are balanced, with their weight; absent: every stratification
      factor with weight 1.
    - `probability`: what the fake arms of least imbalance share between them; more than all but one
      of them have by chance alone, and less than 1, so that no allocation is ever certain.
    - `measure`: imbalance of one factor level over the fake arms, range or variance.
    - `draws`: how many sealed draws are made beforehand, one a child.
    """

    method: Literal["minimisation"]
    weights: Weights | None = None
    probability: ExactFraction
    measure: Literal["range", "variance"]
    draws: Capacity


class BiasedCoin(Sourced):
    """Efron's biased coin for two arms at 1:1: the arm behind is taken with `probability`, either
    with one half at a tie (Efron, Biometrika 1971;58:403-417)."""

    method: Literal["biased_coin"]
    probability: ExactFraction
    capacity_per_stratum: Capacity

    @model_validator(mode="after")
    def _biased(self) -> Self:
        if 2 * self.probability <= 1:
            raise ValueError("probability must lie strictly between 1/2 and 1")
        return self


class BigStick(Sourced):
    """The big stick for two arms at 1:1: a fair coin until the arms differ by `limit`, then the arm
    behind (Soares & Wu, Communications in Statistics 1983;12:2017-2034)."""

    method: Literal["big_stick"]
    limit: int = Field(ge=1, le=1000)
    capacity_per_stratum: Capacity


Scheme = Annotated[
    PermutedBlocks | UploadedList | Minimisation | BiasedCoin | BigStick,
    Field(discriminator="method"),
]
