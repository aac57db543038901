"""What is sent to the safety service about a case: a report, a follow-up, an amendment."""

from typing import Annotated

from pydantic import ConfigDict, Field

from services.safety.content_schemas import ClinicalContent
from services.safety.content_values import Qualification, TimeSpan
from services.safety.schemas import ActionTaken, Outcome, Receiver, Zone
from shared.http.models import (
    Code,
    Instant,
    IsoDate,
    Model,
    Name,
    Reason,
    SiteId,
    SubjectId,
    Text,
)

Seriousness = Annotated[
    list[Code], Field(max_length=20, description="Criteria met, by code of the definition")
]
Grade = Annotated[int | None, Field(ge=1, le=5, description="CTCAE grade: how severe it is")]

Confirmed = Annotated[
    bool | None,
    Field(description="Whether a health professional confirmed what somebody else reported"),
]


class EventReport(Model):
    """An event beside the first of a case. New events count on from number 2 in the order given; a
    number once given stays with its event."""

    number: Annotated[
        str | None,
        Field(
            pattern=r"^([2-9]|[1-9][0-9])$",
            description="Which event of the case it is; left out, the one of its term and onset",
        ),
    ] = None
    event_term: Name | None = None
    grade: Grade = None
    seriousness: Seriousness
    onset_on: IsoDate | None = None
    ended_on: IsoDate | None = None
    outcome: Outcome | None = None
    duration: Annotated[TimeSpan | None, Field(description="How long it lasted")] = None
    medically_confirmed: Confirmed = None


class SpecialInterestReport(Model):
    """An adverse event of special interest: by which criteria, applied to which values."""

    code: Annotated[Code, Field(description="Of the study definition, such as SOS_VOD")]
    criteria_set: Annotated[Code, Field(description="Of the study definition")]
    inputs: Annotated[
        dict[Code, Annotated[str, Field(max_length=1000)]],
        Field(default_factory=dict, max_length=40, description="Canonical text by input id"),
    ]


class EventContent(Model):
    """What is known of the events and the suspect drugs of a case."""

    event_term: Annotated[Name | None, Field(description="As the site words it")] = None
    grade: Grade = None
    seriousness: Seriousness
    onset_on: IsoDate | None = None
    ended_on: IsoDate | None = None
    outcome: Outcome | None = None
    duration: Annotated[TimeSpan | None, Field(description="How long it lasted")] = None
    medically_confirmed: Confirmed = None
    aware_at: Annotated[Instant, Field(description="When the site became aware")]
    received_at: Annotated[
        Instant | None, Field(description="When the sponsor's side received it; now if left out")
    ] = None
    received_zone: Annotated[
        Zone | None,
        Field(description="Whose calendar date counts; the definition's receiver if left out"),
    ] = None
    received_by: Annotated[Receiver, Field(description="Who of the sponsor's side")] = "desk"
    reporter: Annotated[Name | None, Field(description="The identifiable source")] = None
    reporter_qualification: Qualification | None = None
    suspect_product: Annotated[
        Code | None, Field(description="A product code of the study definition")
    ] = None
    further_products: Annotated[list[Code], Field(default_factory=list, max_length=20)]
    further_events: Annotated[list[EventReport], Field(default_factory=list, max_length=20)]
    narrative: Text | None = None
    special_interest: SpecialInterestReport | None = None
    actions: Annotated[
        dict[Code, ActionTaken],
        Field(default_factory=dict, max_length=20, description="Action taken, by product code"),
    ]


class CaseContent(ClinicalContent, EventContent):
    """What is known of a case by now. What is not known is left out."""


class CaseReport(CaseContent):
    """A serious adverse event, or one of special interest, as it is known by now."""

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


class CaseFollowUp(CaseContent):
    """The whole content of a case as it is known now, with what is new. Whether that is significant
    is said by a person; what a due date hangs on is always significant."""

    significant: bool


class CaseAmendment(CaseContent):
    """The whole content as it should have been: a correction, without new information."""

    reason: Reason
