"""Listings over all cases in reach: what is due, every case in a line."""

from datetime import date
from typing import Annotated

from pydantic import Field

from services.safety.schemas import State
from shared.http.models import Instant, Model, Reason


class Due(Model):
    """A report owed, most urgent first. ``hours_left`` is negative where it is overdue."""

    case_number: str
    site: str
    subject: str
    event_term: str | None
    obligation_id: str
    clock: str
    label: str
    authority: str
    recipient: str
    day_zero: date
    due_on: date
    due_at: Instant
    zone: str
    hours_left: int
    provisional: bool
    warning: str | None
    state: State
    last_step: Annotated[str | None, Field(description="Last step of the escalation ladder")]
    verified: Annotated[bool, Field(description="Somebody confirmed the rule against its text")]


class DueList(Model):
    """``left_out`` are those that are less urgent than all that are shown: none, unless there are
    more than a list can hold. ``computed_otherwise`` are cases whose due dates were computed by
    other rules than those in force: apply the rules, or the list may lack what is owed."""

    items: list[Due]
    left_out: int = 0
    computed_otherwise: int = 0


class CaseLine(Model):
    """A case in a line, as it stands."""

    case_number: str
    site: str
    subject: str
    version: int
    events: list[str]
    grades: list[int | None]
    seriousness: list[str]
    onset_on: date | None
    received_on: date
    outcome: str | None
    products: Annotated[list[str] | None, Field(description="Null for roles without the arm")]
    special_interest: Annotated[
        str | None, Field(description="Of which special interest; null for roles without the arm")
    ]
    rulings: Annotated[dict[str, str], Field(description="Outcome by authority")]
    nullified: bool
    first_due_at: Instant | None


class ByRules(Model):
    """An answer that rests on the rules in force."""

    unverified_rules: Annotated[
        int, Field(description="Rows of them that nobody has held against their texts yet")
    ]


class LineListing(ByRules):
    items: list[CaseLine]


class ObligationDifference(Model):
    clock: str
    old_due_at: Instant | None
    new_due_at: Instant | None
    old_state: State | None
    new_state: State | None


class CaseDifference(Model):
    """What another version of the rules would change for a case."""

    case_number: str
    old_outcome: str | None
    new_outcome: str | None
    obligations: list[ObligationDifference]


class RuleApplication(Model):
    """Why all cases are computed anew: a definition with other rules was activated."""

    reason: Reason


class RulesApplied(Model):
    """How many cases were computed anew, and in how many an obligation changed."""

    cases: int
    changed: int


class RuleComparison(Model):
    """A dry run: nothing is stored. Only cases that would differ are listed."""

    rule_set: str
    in_force: Annotated[str | None, Field(description="Null: the set is not in force")]
    candidate: str
    cases: int
    items: list[CaseDifference]
