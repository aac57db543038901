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


class Export(Model):
    """An export and its files. They are made when they are fetched, always with the same bytes."""

    export_id: str
    study: str
    variant: Literal["blinded", "unblinded"]
    formats: list[Format]
    audit: bool
    as_of: Instant
    definition_version: str
    mapping_version: str
    mapping_hash: str = Field(description="SHA-256 of the rule pack that maps forms to SDTM")
    files: list[ExportFile]
