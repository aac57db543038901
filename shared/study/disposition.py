"""What became of the participants, as data: for the flow of participants and the swimmer plot."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.study.anchors import RecordSelection
from shared.study.base import AnchorRef, EventSourceRef, Model, Name, Sourced, Text


class Exit(Model):
    """A record that says that a subject left something. `reason` is the item with the reason, its
    codes and their labels; with `ends_follow_up` nothing of the subject is seen afterwards."""

    id: Name
    label: Text
    select: RecordSelection
    reason: Name | None = None
    ends_follow_up: bool = False


class CourseMark(Model):
    """A dated thing drawn on a subject's line: an anchor or an event source."""

    label: Text
    anchor: AnchorRef | None = None
    event: EventSourceRef | None = None

    @model_validator(mode="after")
    def _anchor_or_event(self) -> Self:
        if (self.anchor is None) == (self.event is None):
            raise ValueError("needs exactly one of anchor and event")
        return self


class Course(Model):
    """A subject's time on study, drawn from `start`.

    Treatment is drawn from `first_dose` to `last_dose`. A line runs to the first of `ends`, else to
    the latest date of `last_seen`, where an arrow says that follow-up goes on.
    """

    start: AnchorRef
    first_dose: AnchorRef
    last_dose: AnchorRef
    marks: tuple[CourseMark, ...] = ()
    ends: Annotated[tuple[EventSourceRef, ...], Field(min_length=1)]
    last_seen: Annotated[tuple[EventSourceRef, ...], Field(min_length=1)]


class Disposition(Sourced):
    """Who counts as treated, how subjects leave, and what is drawn of each one's course."""

    treated: AnchorRef
    exits: tuple[Exit, ...] = ()
    course: Course | None = None
