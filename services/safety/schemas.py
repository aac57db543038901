"""What is sent to the safety service about cases and what it answers."""

from datetime import date
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from shared.http.models import Code, Instant, IsoDate, Model, Name, SiteId, StudyId, SubjectId, Text

CASE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}-[0-9]{4,9}$"
Zone = Annotated[str, Field(min_length=1, max_length=64, examples=["Europe/Paris"])]
Withheld = Literal["suspect_product", "narrative"]


class CaseReport(Model):
    """A serious adverse event as it is known by now. What is not known is left out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject": "S01-001",
                    "site": "S01",
                    "event_term": "Febrile neutropenia",
                    "grade": 4,
                    "seriousness": ["hospitalisation"],
                    "onset_on": "2026-02-19",
                    "aware_at": "2026-02-20T09:30:00+01:00",
                    "reporter": "Dr A. Example, S01",
                }
            ]
        }
    )

    subject: SubjectId
    site: SiteId
    event_term: Annotated[Name | None, Field(description="As the site words it")] = None
    grade: Annotated[int | None, Field(ge=1, le=5, description="CTCAE grade")] = None
    seriousness: Annotated[
        list[Code],
        Field(min_length=1, max_length=20, description="Criteria met, by code of the definition"),
    ]
    onset_on: IsoDate | None = None
    aware_at: Annotated[Instant, Field(description="When the site became aware")]
    received_at: Annotated[
        Instant | None, Field(description="When the sponsor's side received it; now if left out")
    ] = None
    received_zone: Annotated[
        Zone | None,
        Field(description="Whose calendar date counts; the definition's receiver if left out"),
    ] = None
    reporter: Annotated[Name | None, Field(description="The identifiable source")] = None
    suspect_product: Annotated[
        Code | None, Field(description="A product code of the study definition")
    ] = None
    narrative: Text | None = None


class Criteria(Model):
    """The four minimum criteria of a valid report (ICH E2A)."""

    held: list[str]
    missing: list[str]


class ObligationShown(Model):
    """A report owed: which rule says so, why, and by when."""

    obligation_id: str
    clock: Annotated[str, Field(description="Id of the rule in the study definition")]
    rule_version: Annotated[str, Field(description="Version of the definition that was applied")]
    label: str
    authority: str
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
    state: Literal["open", "met", "superseded"]


class Case(Model):
    """A case at its newest version."""

    case_id: str
    case_number: str
    study: StudyId
    site: SiteId
    subject: SubjectId
    origin: Literal["report", "assessment"]
    record_id: str | None
    opened_at: Instant
    version: int
    significant: bool
    event_term: str | None
    grade: int | None
    serious: bool
    seriousness: list[str]
    onset_on: date | None
    aware_at: Instant
    received_at: Instant
    received_zone: str
    reporter: str | None
    suspect_product: str | None
    narrative: str | None
    withheld: Annotated[
        list[Withheld], Field(description="Shown as null because they may reveal the arm")
    ]
    criteria: Criteria
    obligations: list[ObligationShown]
    first_due_at: Annotated[
        Instant | None, Field(description="Earliest open due date; null where no clock runs")
    ]


class CaseSummary(Model):
    case_id: str
    case_number: str
    study: StudyId
    site: SiteId
    subject: SubjectId
    origin: Literal["report", "assessment"]
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
