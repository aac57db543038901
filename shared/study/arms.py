"""Treatment arms and the products given in them."""

from typing import Annotated

from pydantic import Field

from shared.study.base import Code, Model, Number, Sourced, Text, Unit


class ScheduledDose(Model):
    """One planned administration: study day (day 1 = first dose), amount per unit, window."""

    day: int = Field(ge=1, le=3650)
    amount: Number
    unit: Unit
    minus_days: int = Field(default=0, ge=0, le=60)
    plus_days: int = Field(default=0, ge=0, le=60)


class Substance(Sourced):
    """An active substance with its code in the list of substances of an authority, at a version
    (E2B G.k.2.3.r)."""

    name: Text
    code: Annotated[Text, Field(max_length=100)]
    version: Annotated[Text, Field(max_length=10)]


class Product(Sourced):
    """A study drug. Expectedness is judged per product against its own reference information."""

    code: Code
    name: Text
    substances: tuple[Substance, ...] = ()
    doses: tuple[ScheduledDose, ...] = ()
    minimum_interval_days: int | None = Field(default=None, ge=1, le=365)


class Arm(Sourced):
    """A randomized arm; `ratio` is its share of the allocation (2 of 2:1)."""

    code: Code
    name: Text
    ratio: Annotated[int, Field(ge=1, le=20)]
    products: tuple[Product, ...] = ()
