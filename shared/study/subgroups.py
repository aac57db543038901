"""Subgroups in which an effect is looked at beside the whole set, as data."""

from typing import Annotated, Literal

from pydantic import Field

from shared.study.base import (
    Code,
    EndpointRef,
    EventSourceRef,
    FormRef,
    Model,
    Name,
    Sourced,
    Text,
    VisitRef,
)
from shared.study.criteria import Predicate


class SubgroupLevel(Model):
    """One part of a subgroup: the subjects with a record of which `when` is TRUE."""

    code: Code
    label: Text
    when: Predicate


class _Subgroup(Sourced):
    """`endpoints` are those whose effect is shown, each in its main population."""

    id: Name
    label: Text
    endpoints: Annotated[tuple[EndpointRef, ...], Field(min_length=1)]


class StratumSubgroup(_Subgroup):
    """The levels of a stratification `factor`, as used at randomization."""

    kind: Literal["stratum"]
    factor: Name


class RecordSubgroup(_Subgroup):
    """The first of `levels` that a record of `form` (at `visits`, where named) meets.

    `known` says whether the level was settled before the arm was: a split by what came after
    randomization compares what randomization does not protect, and its results say so.
    """

    kind: Literal["record"]
    form: FormRef
    visits: tuple[VisitRef, ...] = ()
    levels: Annotated[tuple[SubgroupLevel, ...], Field(min_length=2)]
    known: Literal["before_randomization", "after_randomization"]


class OccurrenceSubgroup(_Subgroup):
    """Subjects of whom `event` happened by the cutoff and the others, which is known after
    randomization only; `happened` and `others` are the words for the two."""

    kind: Literal["occurrence"]
    event: EventSourceRef
    happened: Text
    others: Text


Subgroup = Annotated[
    StratumSubgroup | RecordSubgroup | OccurrenceSubgroup, Field(discriminator="kind")
]
