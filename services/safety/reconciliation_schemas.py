"""What differs between safety cases and clinical adverse events, and what is said of it."""

from typing import Annotated, Literal

from pydantic import Field

from shared.http.models import Instant, Model, Name, Reason

Status = Literal["open", "queried", "explained", "resolved"]


class DifferenceNote(Model):
    """What is done about a difference, by whom, and why. It holds for these values only: others are
    another difference, which is open. `explained`: they may differ, for this reason. `resolved`: a
    person has seen to it, and one side will follow."""

    status: Status
    owner: Annotated[Name, Field(description="Who sees to it")]
    reason: Reason


class DifferenceShown(Model):
    """A difference with its newest note; without one it is open and nobody's yet."""

    difference_id: str
    kind: Literal["case-without-event", "event-without-case", "mismatch"]
    site: str
    subject: str
    case_number: str | None
    event: Annotated[str | None, Field(description="Number of the event within its case")]
    record_id: str | None
    field: str | None
    case_value: str | None
    record_value: str | None
    status: Status
    owner: str | None
    reason: str | None
    noted_at: Instant | None
    noted_by: str | None


class Reconciliation(Model):
    """All that differs now. ``cases`` and ``records`` were compared."""

    cases: int
    records: int
    items: list[DifferenceShown]
