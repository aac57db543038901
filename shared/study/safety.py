"""Safety: the adverse event window, seriousness criteria, reporting clocks, escalation."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.study.base import AnchorRef, FormRef, Name, Number, Sourced, Text
from shared.study.criteria import Predicate
from shared.study.forms import Item


class AdverseEventWindow(Sourced):
    """Adverse events are collected from `start` to at least `days_after` days after `end`."""

    start: AnchorRef
    end: AnchorRef
    days_after: int = Field(ge=0, le=3650)


class SeriousnessCriterion(Sourced):
    """One criterion of ICH E2A; `item` is the case item that says whether it is met."""

    code: Name
    label: Text
    item: Name


class _Clock(Sourced):
    """A reporting obligation.

    It runs for a case whose `trigger` is TRUE; where the trigger is undetermined (causality or
    expectedness still missing) it runs too if `provisional_when_undetermined`, and says so.
    `verified_by` stays empty until a qualified person has confirmed the rule against its text.
    """

    id: Name
    label: Text
    authority: Annotated[Text, Field(max_length=40)]
    starts: Literal["site_awareness", "sponsor_receipt"]
    trigger: Predicate
    provisional_when_undetermined: bool
    regulation: Text
    verified_by: Text | None = None


class ElapsedHoursClock(_Clock):
    """Due `hours` of elapsed time after the start instant."""

    kind: Literal["elapsed_hours"]
    hours: int = Field(ge=1, le=8760)


class CalendarDaysClock(_Clock):
    """Due at the end (23:59:59) of the local calendar date Day 0 + `days` of the receiver; never
    moved for weekends or holidays."""

    kind: Literal["calendar_days"]
    days: int = Field(ge=1, le=3650)


Clock = Annotated[ElapsedHoursClock | CalendarDaysClock, Field(discriminator="kind")]


class EscalationStep(Sourced):
    """A step of the ladder from receipt to due: a `fraction` of that time gone (0 to 1), or so many
    `hours_before` the due instant (0 = at it)."""

    id: Name
    roles: Annotated[tuple[Name, ...], Field(min_length=1)]
    fraction: Annotated[Number, Field(gt=0, lt=1)] | None = None
    hours_before: Annotated[int, Field(ge=0, le=8760)] | None = None

    @model_validator(mode="after")
    def _one_position(self) -> Self:
        if (self.fraction is None) == (self.hours_before is None):
            raise ValueError("needs exactly one of fraction and hours_before")
        return self


class Safety(Sourced):
    """What the safety service reads. `case_items` are the facts of a case that triggers may name;
    `form` is the adverse event form with which cases are reconciled."""

    form: FormRef
    window: AdverseEventWindow
    receiver_time_zone: Annotated[Text, Field(max_length=64)]
    case_items: tuple[Item, ...]
    seriousness: tuple[SeriousnessCriterion, ...]
    clocks: tuple[Clock, ...]
    escalation: tuple[EscalationStep, ...]
