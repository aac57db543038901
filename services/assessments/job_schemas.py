"""What is sent and answered of bulk submissions."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, WithJsonSchema

from services.assessments.schemas import MAX_ITEMS, SENT, Corrected
from shared.http.models import Instant, IsoDate, Model, Name, Reason, StudyId, SubjectId

MAX_ROWS = 1000
FormId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
FileId = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[ -~]+$")]
Sent = Annotated[Any, WithJsonSchema({"description": SENT})]


class SubmittedRow(Model):
    """What a record is to be. Items left out stay as they are; null removes a value."""

    subject: SubjectId
    form: FormId
    visit: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    repeat: Annotated[int, Field(ge=1, le=9999)] = 1
    observed_on: IsoDate | None = None
    reason: Reason | None = Field(
        default=None, description="Needed where a value that was there becomes another one"
    )
    mode: Literal["insert", "update", "upsert"] = "upsert"
    if_version: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="The version of the record that the change is based on"
    )
    items: Annotated[dict[str, Corrected], Field(max_length=MAX_ITEMS)] = Field(
        description="At least one; a row without is refused as a row"
    )


class Submission(Model):
    """Many records at once, of as many subjects."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "source": "EDC",
                    "file_id": "export-2024-02-26",
                    "rows": [
                        {
                            "subject": "S01-001",
                            "form": "blood_count",
                            "visit": "C1D28",
                            "items": {
                                "sample_date": "2024-02-26",
                                "haemoglobin": {"value": "9.8", "unit": "g/dL"},
                                "platelets": {"null": "ND", "reason": "Clotted"},
                            },
                        }
                    ],
                }
            ]
        }
    )

    source: Name | None = None
    file_id: FileId | None = Field(
        default=None, description="A file is taken once, for good, by each account"
    )
    prior_file_id: FileId | None = Field(
        default=None, description="The file that must have been taken before this one"
    )
    atomic: bool = Field(default=True, description="Store all rows or none")
    dry_run: bool = Field(default=False, description="Judge every row and store nothing")
    rows: Annotated[list[SubmittedRow], Field(min_length=1, max_length=MAX_ROWS)]


class RowFault(Model):
    pointer: str = Field(description="Where in the row (RFC 6901)")
    code: str
    detail: str


class RowResult(Model):
    state: Literal["created", "corrected", "unchanged", "refused"]
    record_id: str | None
    version: int | None
    faults: list[RowFault]


class Submitted(Model):
    """What became of a submission. ``stored`` false: a dry run, a fault, or nothing to change."""

    study: StudyId
    submission_id: str | None
    stored: bool
    dry_run: bool
    replayed: bool = Field(description="This file was taken before, with the same content")
    recorded_at: Instant | None
    rows: list[RowResult]
    receipts: list[str] = Field(
        description="Of each subject that was written to, what the header Induct-Receipt holds"
    )


class NewJob(Model):
    """A file of rows that is sent in parts and written in the background."""

    format: Literal["ndjson", "csv"]
    source: Name | None = None
    file_id: FileId | None = None
    prior_file_id: FileId | None = None
    atomic: bool = False
    dry_run: bool = False


class Part(Model):
    """A part of a file, as it is told apart from another."""

    offset: Annotated[int, Field(ge=0)]
    sha256: str
    last: bool


class Job(Model):
    """How far a bulk submission is."""

    job_id: str
    study: StudyId
    format: Literal["ndjson", "csv"]
    source: str | None
    file_id: str | None
    atomic: bool
    dry_run: bool
    state: Literal["receiving", "queued", "running", "done", "refused"]
    received: int = Field(description="Bytes taken: where the next part begins")
    rows_received: int
    rows_done: int
    created: int
    corrected: int
    unchanged: int
    refused: int
    submitted_at: Instant
    finished_at: Instant | None


class JobFault(Model):
    row: int = Field(
        description="Number of the row, from 1; empty lines and the header of CSV are not counted"
    )
    pointer: str
    code: str
    detail: str


class JobFaults(Model):
    items: list[JobFault]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")


class JobReceipts(Model):
    items: list[str] = Field(description="Each as the header Induct-Receipt holds it")
    next: str | None = Field(default=None, description="Give it as ?after= to read on")
