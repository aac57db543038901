"""What happens around an allocation: replacement, forcing, downtime, and enrolment's target."""

from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, StringConstraints, model_validator

from shared.study.base import Sourced

Month = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]


class Replacement(Sourced):
    """Whether a subject who left is replaced. `next_number`: the replacement is allocated as any
    other child, by the next number of its own stratum; `limit` is the most replacements."""

    rule: Literal["none", "next_number"]
    limit: int | None = Field(default=None, ge=1, le=100_000)

    @model_validator(mode="after")
    def _limit_needs_a_rule(self) -> Self:
        if self.rule == "none" and self.limit is not None:
            raise ValueError("a limit needs a rule of replacement")
        return self


class ForcedAllocation(Sourced):
    """How many allocations two persons may force to a named arm, in the whole study; 0: none."""

    limit: int = Field(ge=0, le=1000)


class Downtime(Sourced):
    """Sealed envelopes a site keeps for an outage: so many per stratum; 0: none."""

    envelopes_per_stratum: int = Field(ge=0, le=1000)


class MonthTarget(NamedTuple):
    """A calendar month (`2023-05`) and how many are to be randomized by its end."""

    month: str
    subjects: int


class AccrualTarget(Sourced):
    """`subjects` randomized evenly over `months` calendar months, the first of them `starts_on`."""

    subjects: int = Field(ge=1, le=100_000)
    starts_on: Month
    months: int = Field(ge=1, le=600)

    def curve(self) -> tuple[MonthTarget, ...]:
        """The cumulative target at the end of every month, rounded down; the last is the whole."""
        first = int(self.starts_on[:4]) * 12 + int(self.starts_on[5:]) - 1
        return tuple(
            MonthTarget(
                f"{(first + index) // 12:04d}-{(first + index) % 12 + 1:02d}",
                self.subjects * (index + 1) // self.months,
            )
            for index in range(self.months)
        )
