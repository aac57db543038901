"""What is sent to the randomization service about sites and allocations, and what it answers."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from shared.http.models import (
    Code,
    Instant,
    IsoDate,
    Model,
    Name,
    Reason,
    SiteId,
    StudyId,
    SubjectId,
)

Value = Annotated[bool | int | str, Field(description="Decimals and dates as text")]
SiteState = Literal["open", "paused", "closed"]


class SiteOpening(Model):
    """A site that may enrol from now on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "site": "S01",
                    "name": "Children's hospital",
                    "country": "CZ",
                    "time_zone": "Europe/Prague",
                }
            ]
        }
    )

    site: SiteId
    name: Name
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
    time_zone: Annotated[str, Field(max_length=64, description="IANA zone of the site's dates")]
    approved_until: Annotated[
        IsoDate | None,
        Field(default=None, description="Last day of the ethics approval; absent: no end"),
    ]


class Site(Model):
    study: StudyId
    site: SiteId
    name: Name
    country: str
    time_zone: str
    state: SiteState
    opened_at: Instant
    approved_until: IsoDate | None


class Sites(Model):
    items: list[Site]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")


class SiteChange(Model):
    """Pause, close or reopen a site, or extend its ethics approval; with the reason."""

    state: SiteState | None = None
    approved_until: IsoDate | None = None
    reason: Reason


class EnrolmentChange(Model):
    """Pause, close or reopen enrolment of the whole study, with the reason."""

    state: SiteState
    reason: Reason


class EnrolmentState(Model):
    study: StudyId
    state: SiteState


class AllocationRequest(Model):
    """A child at the gate."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject": "S01-001",
                    "site": "S01",
                    "values": {"marrow_blasts": "62.5"},
                    "strata": {},
                }
            ]
        }
    )

    subject: SubjectId
    site: SiteId
    values: Annotated[
        dict[Code, Value],
        Field(max_length=200, description="The gate's items, as the study definition lists them"),
    ]
    strata: Annotated[
        dict[Code, Code],
        Field(
            default_factory=dict,
            max_length=20,
            description="Stratification factors; where they follow from values, they are compared",
        ),
    ]
    replaces: Annotated[
        SubjectId | None,
        Field(default=None, description="Subject randomized in error that this child replaces"),
    ]


class Opening(Model):
    """With it, and the list's manifest, anybody can check that this arm was fixed beforehand."""

    list_id: str
    label: str
    position: int
    content: str
    salt: str
    commitment: str
    leaf_index: int
    leaf_count: int
    path: list[str]


class Allocation(Model):
    """A child's arm. Nothing in it tells what the next child will get.

    ``arm`` is ``*`` and ``opening`` null for a role that must not know arms.
    """

    allocation_id: str
    study: StudyId
    subject: SubjectId
    site: SiteId
    randomization_number: str
    arm: str
    stratum: str
    source: Literal["system", "backup", "forced", "restored"]
    replaces: SubjectId | None
    list_id: str | None
    manifest_sha256: str | None
    definition_version: str
    randomized_at: Instant
    opening: Opening | None


class AllocationDetail(Allocation):
    """An allocation with what happened to it since."""

    corrected_stratum: str | None
    in_error: bool


class Allocations(Model):
    items: list[AllocationDetail]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")
