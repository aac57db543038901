"""The plan of interim looks at one endpoint, as data."""

from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.study.base import AnchorRef, EndpointRef, Number, Sourced

CLOSEST = 100  # Looks lie at least a hundredth of the information apart.


class InterimPlan(Sourced):
    """Looks at the first test of `endpoint` in its main population, one-sided, for benefit only.

    - `looks`: the planned shares of information, rising, the last one 1.
    - `planned`: the information at the end: events of a time to event, subjects of a proportion.
    - `counted_when`: a subject of a proportion counts once one of these anchors has a date;
      before, a missing success would pass for a failure.
    - `alpha` is one-sided and spent by `spending` (Lan and DeMets); `power` is that of a design
      with one look at the end, and gives the effect that the design hopes for.
    """

    endpoint: EndpointRef
    looks: Annotated[tuple[Annotated[Number, Field(gt=0, le=1)], ...], Field(min_length=1)]
    spending: Literal["obrien_fleming", "pocock"]
    alpha: Annotated[Number, Field(gt=0, lt=Decimal("0.5"))]
    power: Annotated[Number, Field(gt=0, lt=1)]
    planned: int = Field(ge=1, le=1_000_000)
    counted_when: tuple[AnchorRef, ...] = ()

    @model_validator(mode="after")
    def _looks_rise_to_the_end(self) -> Self:
        steps = [after - before for before, after in pairwise((Decimal(0), *self.looks))]
        if any(step * CLOSEST < 1 for step in steps) or self.looks[-1] != 1:
            raise ValueError("looks rise by at least 0.01 each, and the last one is 1")
        return self
