"""Named dates of a subject (randomization, first dose, end of treatment ...) as data.

`shared.study.derivation` turns them into dates.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.study.base import AnchorRef, FormRef, Model, Name, Sourced, Text, VisitRef
from shared.study.criteria import Predicate


class RecordSelection(Model):
    """Which record of a form counts, and the item that dates it.

    In this order: records of `form` (at `visits`, where named); with `reflex` one record per
    sample; those for which `where` is TRUE; those within the bounds; the first or last by date;
    and that one must meet `having`. A lower bound (`after`, `on_or_after`) whose anchor has no
    date selects nothing: nothing lies after what did not happen. An upper bound (`before`,
    `on_or_before`) whose anchor has no date does not limit.
    """

    form: FormRef
    date: Name
    visits: tuple[VisitRef, ...] = ()
    reflex: bool = False
    where: Predicate | None = None
    after: AnchorRef | None = None
    on_or_after: AnchorRef | None = None
    before: AnchorRef | None = None
    on_or_before: AnchorRef | None = None
    pick: Literal["first", "last"] = "first"
    having: Predicate | None = None

    @model_validator(mode="after")
    def _one_bound_per_side(self) -> Self:
        if self.after is not None and self.on_or_after is not None:
            raise ValueError("after and on_or_after exclude each other")
        if self.before is not None and self.on_or_before is not None:
            raise ValueError("before and on_or_before exclude each other")
        return self

    @property
    def bounds(self) -> tuple[str, ...]:
        """The anchors that bound the selection."""
        named = (self.after, self.on_or_after, self.before, self.on_or_before)
        return tuple(anchor for anchor in named if anchor is not None)


class _Anchor(Sourced):
    id: Name
    label: Text
    offset_days: int = Field(default=0, ge=-3650, le=3650)


class AllocationAnchor(_Anchor):
    """The local calendar date at the site on which the arm was allocated."""

    kind: Literal["allocation"]


class RecordAnchor(_Anchor):
    """The date of one record of a form."""

    kind: Literal["record"]
    select: RecordSelection


class CombinedAnchor(_Anchor):
    """`coalesce`: the first of the named anchors that has a date; `earliest` and `latest`: of those
    that have one."""

    kind: Literal["coalesce", "earliest", "latest"]
    anchors: Annotated[tuple[AnchorRef, ...], Field(min_length=1)]


Anchor = Annotated[
    AllocationAnchor | RecordAnchor | CombinedAnchor,
    Field(discriminator="kind"),
]


def anchor_dependencies(anchor: Anchor) -> tuple[str, ...]:
    """Anchors whose dates this one needs."""
    if isinstance(anchor, CombinedAnchor):
        return anchor.anchors
    if isinstance(anchor, RecordAnchor):
        return anchor.select.bounds
    return ()
