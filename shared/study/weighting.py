"""Weighted log-rank tests that an endpoint asks for beside its main ones."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.study.base import Model, Number, Sourced

Power = Annotated[Number, Field(ge=0, le=5)]


class FlemingHarrington(Model):
    """An event counts S^rho (1 - S)^gamma, S the survival of the stratum just before it: rho weighs
    early events more, gamma late ones, none of both is the log-rank test."""

    rho: Power
    gamma: Power


class WeightedTests(Sourced):
    """Fleming-Harrington tests with these weights, `stratified` over the strata of randomization.

    `maxcombo`: the largest of their statistics as well, for each arm against the reference, with
    the p of the joint distribution. It needs weights to choose from.
    """

    weights: Annotated[tuple[FlemingHarrington, ...], Field(min_length=1, max_length=4)]
    stratified: bool = False
    maxcombo: bool = False

    @model_validator(mode="after")
    def _several_to_choose_from(self) -> Self:
        if len({(each.rho, each.gamma) for each in self.weights}) < len(self.weights):
            raise ValueError("the same weights stand twice")
        if self.maxcombo and len(self.weights) < 2:
            raise ValueError("maxcombo chooses among two weights or more")
        return self
