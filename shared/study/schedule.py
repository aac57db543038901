"""Visits and their windows, counted in study days."""

from dataclasses import dataclass
from datetime import date, timedelta

from pydantic import Field, field_validator

from shared.study.base import AnchorRef, Code, Sourced, Text


@dataclass(frozen=True, slots=True)
class Window:
    """Target date of a visit and the first and last date that are within its window."""

    earliest: date
    target: date
    latest: date

    def days_out(self, observed: date) -> int:
        """0 within the window; otherwise days before (negative) or after (positive) it."""
        if observed < self.earliest:
            return (observed - self.earliest).days
        return max(0, (observed - self.latest).days)


class Visit(Sourced):
    """A planned visit: `day` n is the anchor + (n - 1) days. There is no day 0: the day before day
    1 is day -1. A visit outside its window is flagged, never refused."""

    id: Code
    name: Text
    anchor: AnchorRef
    day: int = Field(ge=-3650, le=36500)
    minus_days: int = Field(default=0, ge=0, le=365)
    plus_days: int = Field(default=0, ge=0, le=365)

    @field_validator("day")
    @classmethod
    def _no_day_zero(cls, day: int) -> int:
        if day == 0:
            raise ValueError("there is no study day 0: the day before day 1 is day -1")
        return day

    def window(self, anchor: date) -> Window:
        """The visit's window for a subject whose anchor falls on that date."""
        target = anchor + timedelta(days=self.day - 1 if self.day > 0 else self.day)
        return Window(
            target - timedelta(days=self.minus_days),
            target,
            target + timedelta(days=self.plus_days),
        )
