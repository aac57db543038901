"""Predicates as data: comparisons of items, combined by `all`, `any` and `not`.

A rule of a trial is written in this form and read by `shared.study.predicate`; no rule is code.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from shared.study.base import Model, Name, Number, Text, ThresholdRef
from shared.study.dates import Period

Scalar = bool | int | Text
ORDER_OPERATORS = frozenset({"lt", "le", "gt", "ge"})
DATE_OPERATORS = frozenset({"before", "on_or_before", "after", "on_or_after"})
SET_OPERATORS = frozenset({"in", "not_in"})
PRESENCE_OPERATORS = frozenset({"present", "absent"})

Operator = Literal[
    "eq", "ne", "lt", "le", "gt", "ge", "in", "not_in", "present", "absent",
    "before", "on_or_before", "after", "on_or_after", "meets",
]  # fmt: skip


class Comparison(Model):
    """One item against a literal, another item, or a named threshold.

    - `value`: a literal; decimals and dates as text; for `in` and `not_in` a list.
    - `value_from`: another item, `times` a factor (5 x ULN) or `plus` a calendar span later.
    - `threshold` with `meets`: the comparator and the value of that threshold.
    - `present` and `absent` take no right-hand side.
    """

    item: Name
    op: Operator
    value: Scalar | tuple[Scalar, ...] | None = None
    value_from: Name | None = None
    times: Number | None = None
    plus: Period | None = None
    threshold: ThresholdRef | None = None

    @model_validator(mode="after")
    def _one_right_hand_side(self) -> Self:
        given = [self.value is not None, self.value_from is not None, self.threshold is not None]
        if self.op in PRESENCE_OPERATORS:
            wanted = not any(given)
            words = f"{self.op} compares with nothing: leave out value, value_from and threshold"
        elif self.op == "meets":
            wanted = given == [False, False, True]
            words = "meets needs a threshold and nothing else"
        else:
            wanted = sum(given) == 1 and self.threshold is None
            words = f"{self.op} needs exactly one of value and value_from"
        if not wanted:
            raise ValueError(words)
        if (self.op in SET_OPERATORS) != isinstance(self.value, tuple):
            raise ValueError("a list of values belongs to in and not_in, and only to them")
        if self.value_from is None and (self.times is not None or self.plus is not None):
            raise ValueError("times and plus act on value_from, which is missing")
        return self


class AllOf(Model):
    """Every part holds."""

    parts: Annotated[tuple["Predicate", ...], Field(alias="all", min_length=1)]


class AnyOf(Model):
    """At least one part holds."""

    parts: Annotated[tuple["Predicate", ...], Field(alias="any", min_length=1)]


class Negation(Model):
    """The part does not hold."""

    part: Annotated["Predicate", Field(alias="not")]


def _shape(value: Any) -> str:
    if isinstance(value, AllOf | AnyOf | Negation | Comparison):
        return f"predicate:{type(value).__name__}"
    if isinstance(value, dict):
        for key, shape in (("all", "AllOf"), ("any", "AnyOf"), ("not", "Negation")):
            if key in value:
                return f"predicate:{shape}"
    return "predicate:Comparison"


Predicate = Annotated[
    Annotated[AllOf, Tag("predicate:AllOf")]
    | Annotated[AnyOf, Tag("predicate:AnyOf")]
    | Annotated[Negation, Tag("predicate:Negation")]
    | Annotated[Comparison, Tag("predicate:Comparison")],
    Discriminator(_shape),
]
"""A condition over items; see `shared.study.predicate.evaluate` for its three-valued result."""


def comparisons(predicate: Predicate) -> tuple[Comparison, ...]:
    """All comparisons inside a predicate, in order."""
    if isinstance(predicate, Comparison):
        return (predicate,)
    parts = (predicate.part,) if isinstance(predicate, Negation) else predicate.parts
    return tuple(leaf for part in parts for leaf in comparisons(part))
