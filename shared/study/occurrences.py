"""Dated occurrences that endpoints count, and the analysis sets they are counted in."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from shared.study.anchors import RecordSelection
from shared.study.base import AnchorRef, ArmRef, Name, Sourced, Text


class EventSource(Sourced):
    """A dated occurrence that endpoints count as an event, a success or a censoring date.

    Either a record (`select`) or an anchor. It exists only where every anchor of `requires` has a
    date and none of `unless` has; `dated_at` moves its date to an anchor (an induction failure is
    called at day 1 though the marrow is of day 28). `description` becomes EVNTDESC or CNSDTDSC;
    form and date item are SRCDOM and SRCVAR (ADaM ADTTE traceability).
    """

    id: Name
    description: Text
    select: RecordSelection | None = None
    anchor: AnchorRef | None = None
    dated_at: AnchorRef | None = None
    requires: tuple[AnchorRef, ...] = ()
    unless: tuple[AnchorRef, ...] = ()

    @model_validator(mode="after")
    def _record_or_anchor(self) -> Self:
        if (self.select is None) == (self.anchor is None):
            raise ValueError("needs exactly one of select and anchor")
        return self


class Population(Sourced):
    """An analysis set: subjects for whom every anchor of `requires` has a date and none of
    `unless` has, in `arms` (all where empty), by arm randomized or by arm received."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{0,7}$")]
    label: Text
    requires: Annotated[tuple[AnchorRef, ...], Field(min_length=1)]
    unless: tuple[AnchorRef, ...] = ()
    arms: tuple[ArmRef, ...] = ()
    arm_basis: Literal["randomized", "received"] = "randomized"
