"""What is sent to the randomization service and what it answers."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from shared.http.models import Code, Instant, Model, Name, SiteId, StudyId, SubjectId

Value = Annotated[bool | int | str, Field(description="Decimals and dates as text")]


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


class Site(Model):
    study: StudyId
    site: SiteId
    name: Name
    country: str
    time_zone: str
    state: Literal["open", "closed"]
    opened_at: Instant


class Sites(Model):
    items: list[Site]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")


class GeneratedList(Model):
    """A list in permuted blocks, made from the statistician's secret, which is not kept."""

    method: Literal["permuted_blocks"]
    list_id: Code
    secret: Annotated[
        str, Field(pattern=r"^[0-9a-f]{64}$", description="32 random bytes as hexadecimal digits")
    ]


class UploadedSlot(Model):
    stratum: Annotated[str, Field(min_length=1, max_length=400)]
    position: Annotated[int, Field(ge=1, le=1_000_000)]
    arm: Code


class UploadedListBody(Model):
    """A list made by an independent statistician, in its order."""

    method: Literal["uploaded_list"]
    list_id: Code
    slots: Annotated[list[UploadedSlot], Field(min_length=1, max_length=100_000)]


ListActivation = Annotated[GeneratedList | UploadedListBody, Field(discriminator="method")]


class ActiveList(Model):
    """What may be known of a list: never its arms, blocks, or how much of it is left."""

    study: StudyId
    list_id: str
    method: str
    state: Literal["active"]
    activated_at: Instant


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


class Allocation(Model):
    """A child's arm. Nothing in it tells what the next child will get."""

    allocation_id: str
    study: StudyId
    subject: SubjectId
    site: SiteId
    randomization_number: str
    arm: str
    stratum: str
    list_id: str
    definition_version: str
    randomized_at: Instant


class Allocations(Model):
    items: list[Allocation]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")


class SiteEnrolment(Model):
    site: SiteId
    screened: int
    randomized: int


class Enrolment(Model):
    """Progress of enrolment: totals only, never by arm or stratum."""

    study: StudyId
    planned: int
    screened: int
    randomized: int
    sites: list[SiteEnrolment]
