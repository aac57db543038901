"""What is asked of an export, and what is answered."""

from typing import Annotated, Literal

from pydantic import Field

from shared.http.models import Instant, Model

Format = Literal["dataset-json", "dataset-ndjson", "xpt", "odm", "csv"]
FILE_PATTERN = (
    r"^([a-z]{2,8}(\.people)?\.(json|ndjson|xpt|csv)|odm\.xml|odm-audit\.xml|xpt-notes\.json)$"
)


class ExportRequest(Model):
    """Which formats, and as of when; the instant is now where it is left out."""

    formats: Annotated[list[Format], Field(min_length=1, max_length=5)]
    as_of: Instant | None = None
    audit: bool = Field(default=False, description="ODM with every version of every value")


class ExportFile(Model):
    name: str
    media_type: str
    label: str
    href: str = Field(description="Relative to the export")


class StreamHead(Model):
    """The last row of a stream of the audit trail (a subject, or the study itself)."""

    stream: str
    seq: int
    hash: str


class Export(Model):
    """An export and its files. They are made when they are fetched, always with the same bytes."""

    export_id: str
    study: str
    variant: Literal["blinded", "unblinded"]
    formats: list[Format]
    audit: bool
    as_of: Instant
    requested_at: Instant = Field(description="By the database's clock")
    requested_by: str
    requested_as: str = Field(description="In which role")
    system_version: str
    definition_version: str
    definition_hash: str = Field(
        description="SHA-256 of the study definition without the allocation scheme's parameters"
    )
    mapping_version: str
    mapping_hash: str = Field(description="SHA-256 of the rule pack that maps forms to SDTM")
    trail: list[StreamHead] | None = Field(
        description="Where the audit trail stood at the instant. Not in a blinded export: how long"
        " a subject's stream is follows from forms that one arm has and the other has not"
    )
    files: list[ExportFile]
