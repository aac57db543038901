"""A case of a child or foetus of somebody in the trial, who is the parent then."""

from dataclasses import dataclass

from services.safety.domain.as_told import Missing, PartialDay
from services.safety.domain.clinical import PastDrug, Quantity, Term


@dataclass(frozen=True)
class Offspring:
    """Whose the events are, where they are not the participant's own. ``gestation`` is that of a
    foetus when the event was seen."""

    sex: str | Missing | None = None
    age: Quantity | None = None
    gestation: Quantity | None = None


@dataclass(frozen=True)
class ParentItem:
    """A disease or circumstance of the parent."""

    term: str
    coding: Term | None = None
    started: PartialDay = None
    ended: PartialDay = None
    continuing: bool | Missing | None = None
    comment: str | None = None


@dataclass(frozen=True)
class Parent:
    """The participant as the parent, beside age and sex, which are on record."""

    last_period_on: PartialDay = None
    weight_kg: str | None = None
    height_cm: str | None = None
    history: tuple[ParentItem, ...] = ()
    other_history: str | None = None
    past_drugs: tuple[PastDrug, ...] = ()
