"""Results that should be there and are not, with the reasons, as data."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.study.anchors import RecordSelection
from shared.study.base import AnchorRef, Model, Name, Sourced, Text


class MissingReason(Model):
    """A reason for a missing result. It holds where an anchor of `without` has no date, or `select`
    could pick a record; one with neither always holds."""

    id: Name
    label: Text
    without: tuple[AnchorRef, ...] = ()
    select: RecordSelection | None = None

    @property
    def always_holds(self) -> bool:
        """Whether it is the reason of whoever has no other."""
        return not self.without and self.select is None


class MissingData(Sourced):
    """Of whom a result is expected, who has one that can be evaluated, and why others have not.

    A result is expected of a subject for whom every anchor of `expected` has a date, and is there
    where every anchor of `evaluable` has one too. Of the reasons the first that holds is told.
    """

    expected: tuple[AnchorRef, ...] = ()
    evaluable: Annotated[tuple[AnchorRef, ...], Field(min_length=1)]
    reasons: Annotated[tuple[MissingReason, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _the_last_reason_is_left_over(self) -> Self:
        *others, last = (each.always_holds for each in self.reasons)
        if any(others) or not last:
            raise ValueError("of the reasons the last, and no other, has no without and no select")
        return self
