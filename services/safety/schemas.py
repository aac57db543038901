"""What the safety service answers about cases, and the words that requests share with it."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from services.safety.content_schemas import ClinicalShown
from services.safety.content_values import TimeSpan
from services.safety.domain.duplicates import Reason
from shared.http.models import (
    Instant,
    Model,
    SiteId,
    StudyId,
    SubjectId,
)

CASE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}-[0-9]{4,9}$"
Zone = Annotated[str, Field(min_length=1, max_length=64, examples=["Europe/Paris"])]
Withheld = Literal[
    "suspect_product", "further_products", "narrative", "special_interest", "judgements", "actions",
    "concomitants", "administrations", "recurrences", "documents", "other_identifiers",
    "history", "other_history", "weight_kg", "height_cm", "tests", "latencies", "past_drugs",
    "other_therapies", "literature", "death", "last_period_on", "offspring", "parent", "comments",
]  # fmt: skip
Outcome = Literal["RECOVERED", "RECOVERING", "NOT_RECOVERED", "SEQUELAE", "FATAL", "UNK"]
ActionTaken = Literal["WITHDRAWN", "REDUCED", "INCREASED", "NOT_CHANGED", "NOT_APPLICABLE", "UNK"]
Receiver = Literal["desk", "sponsor", "cro", "affiliate", "site"]
State = Literal["open", "handed_off", "submitted", "waived", "superseded"]


class Criteria(Model):
    """The four minimum criteria of a valid report (ICH E2A)."""

    held: list[str]
    missing: list[str]


class ObligationShown(Model):
    """A report owed: which rule says so, why, and by when."""

    obligation_id: str
    rule_set: Annotated[str, Field(description="`site`: the site's own clock in the definition")]
    clock: Annotated[str, Field(description="Id of the rule in its rule set")]
    rule_version: Annotated[str, Field(description="Version of the rules that were applied")]
    kind: str
    label: str
    authority: str
    recipient: str
    regulation: str
    verified_by: Annotated[
        str | None, Field(description="Who confirmed the rule against its text; null: nobody yet")
    ]
    day_zero: date
    due_on: Annotated[date, Field(description="Calendar date in `zone`")]
    due_at: Annotated[Instant, Field(description="The last instant")]
    zone: str
    provisional: Annotated[bool, Field(description="Rests on something nobody has said yet")]
    reason: str
    warning: Annotated[str | None, Field(description="A due date on a weekend; it is not moved")]
    state: State


class DueMoved(Model):
    """An obligation that was opened (no `old_due_at`), moved or closed."""

    rule_set: str
    clock: str
    old_due_at: Instant | None
    new_due_at: Instant | None
    old_state: State | None
    new_state: State | None


class RulingShown(Model):
    """What the case is to an authority, and why. `unclassified` is an alarm."""

    rule_set: str
    rule_version: str
    authority: str
    outcome: Literal[
        "susar", "unclassified", "exempt_period", "aggregate_watch", "exempt", "not_expedited"
    ]
    rule: str | None
    regulation: str | None
    verified_by: str | None
    provisional: bool
    reason: str


class CodingShown(Model):
    """The MedDRA term that an event was coded as. It goes into no report while it is void."""

    code: str
    version: str
    name: str
    void: Annotated[str | None, Field(description="Why it is to be coded again; null: it counts")]


class EventShown(Model):
    """One event of a case."""

    number: str
    term: str | None
    grade: int | None
    serious: bool
    seriousness: list[str]
    onset_on: date | None
    ended_on: date | None
    outcome: str | None
    duration: TimeSpan | None
    medically_confirmed: bool | None
    coding: CodingShown | None


class SpecialInterestShown(Model):
    code: str
    criteria_set: str
    criteria_version: str
    inputs: dict[str, str]


class CriterionShown(Model):
    """A minimum criterion with the earliest receipt at which it was held."""

    criterion: str
    held_on: Annotated[date, Field(description="The receiver's calendar date")]
    received_at: Instant
    zone: str


class QuestionShown(Model):
    """Something that does not fit together: to be asked, never decided by the machine."""

    code: str
    event: str
    text: str


class DuplicateShown(Model):
    """A case that may be of the same event. A person decides; nothing is merged."""

    case_number: str
    subject: SubjectId
    event_term: str | None
    onset_on: date | None
    received_at: Instant
    products: Annotated[list[str] | None, Field(description="Null for roles without the arm")]
    reasons: Annotated[
        list[Reason],
        Field(
            description="`cited-number`: one case was sent under a number of the other, or both"
            " under one"
        ),
    ]


class LinkShown(Model):
    """Another report that belongs to the case."""

    case_number: str | None
    external_id: str | None
    relation: str


class CaseItself(Model):
    """A case but for what it tells beside its events and suspect drugs."""

    case_id: str
    case_number: str
    study: StudyId
    site: SiteId
    subject: SubjectId
    origin: Literal["report", "assessment", "special_interest"]
    record_id: str | None
    opened_at: Instant
    version: int
    kind: str
    significant: bool
    locked: bool
    nullified: bool
    event_term: str | None
    grade: int | None
    serious: bool
    seriousness: list[str]
    onset_on: date | None
    events: list[EventShown]
    aware_at: Instant
    received_at: Instant
    received_zone: str
    reporter: str | None
    reporter_qualification: str | None
    suspect_product: str | None
    further_products: list[str] | None
    narrative: str | None
    special_interest: SpecialInterestShown | None
    actions: dict[str, str] | None
    withheld: Annotated[
        list[Withheld], Field(description="Shown as null because they may reveal the arm")
    ]
    criteria: Criteria
    criteria_held: list[CriterionShown]
    rulings: list[RulingShown]
    obligations: list[ObligationShown]
    first_due_at: Annotated[
        Instant | None, Field(description="Earliest open due date; null where no clock runs")
    ]
    moved: Annotated[
        list[DueMoved],
        Field(description="What this very call did to what is owed: nothing where it only reads"),
    ]
    questions: list[QuestionShown]
    duplicates: list[DuplicateShown]
    links: list[LinkShown]


class Case(ClinicalShown, CaseItself):
    """A case at a version, as it was known at an instant."""


class CaseSummary(Model):
    case_id: str
    case_number: str
    study: StudyId
    site: SiteId
    subject: SubjectId
    origin: Literal["report", "assessment", "special_interest"]
    opened_at: Instant
    version: int
    event_term: str | None
    grade: int | None
    serious: bool
    seriousness: list[str]
    received_at: Instant
    first_due_at: Instant | None


class Cases(Model):
    items: list[CaseSummary]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")
