"""What is sent to the assessments service and what it answers."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, WithJsonSchema

from services.assessments.domain.kept import NULL_FLAVOURS
from services.assessments.flag_schemas import RecordFlags
from shared.http.models import (
    Instant,
    IsoDate,
    Model,
    Reason,
    SiteId,
    StudyId,
    SubjectId,
    YearMonth,
)

_MEASURED = {
    "type": "object",
    "properties": {"value": {"type": "string"}, "unit": {"type": "string"}},
    "required": ["value"],
    "additionalProperties": False,
}
_MISSING = {
    "type": "object",
    "properties": {"null": {"enum": [*NULL_FLAVOURS]}, "reason": {"type": "string"}},
    "required": ["null"],
    "additionalProperties": False,
}
_VALUES: list[Any] = [
    {"type": "boolean"},
    {"type": "integer"},
    {"type": "string"},
    _MEASURED,
    _MISSING,
]
SENT = (
    "Decimals, dates and codes as text; a value in another unit as an object of value and unit; "
    "a missing one as an object of null (a null flavour) and reason"
)
# Judged by the study definition, which knows the item, and not here.
Sent = Annotated[
    Any,
    WithJsonSchema({"anyOf": _VALUES, "description": SENT}),
]
Corrected = Annotated[
    Any,
    WithJsonSchema(
        {"anyOf": [*_VALUES, {"type": "null"}], "description": "null removes the value"}
    ),
]
Value = bool | int | str | dict[str, bool | int | str]
MAX_ITEMS = 500
AS_OF_POSITION = (
    "Count of the last entry at the caller's sites that the answer takes in; "
    "null for roles that must not know the arm, whom gaps in it would tell"
)


class Registration(Model):
    """A child in screening. There is no field for a name or a full birth date."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject": "S01-001",
                    "site": "S01",
                    "birth_year_month": "2015-06",
                    "sex": "female",
                    "consented_on": "2024-01-20",
                }
            ]
        }
    )

    subject: SubjectId
    site: SiteId
    birth_year_month: YearMonth
    sex: Literal["female", "male", "unknown"]
    consented_on: Annotated[IsoDate, Field(description="By the calendar of the site")]
    rescreening_of: Annotated[
        SubjectId | None,
        Field(default=None, description="Number under which the child was screened before"),
    ]


class Subject(Model):
    study: StudyId
    subject: SubjectId
    site: SiteId
    state: Literal["screening", "randomized", "withdrawn"]
    birth_year_month: YearMonth
    sex: Literal["female", "male", "unknown"]
    consented_on: IsoDate
    registered_at: Instant
    randomized_at: Instant | None
    rescreening_of: SubjectId | None


class Subjects(Model):
    items: list[Subject]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")


class Entry(Model):
    """A form of a subject, filled for the first time."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "form": "blood_count",
                    "visit": "C1D28",
                    "items": {"sample_date": "2024-02-26", "neutrophils": "1.05"},
                }
            ]
        }
    )

    form: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    visit: Annotated[str, Field(min_length=1, max_length=40)] | None = Field(
        default=None,
        description="A visit of the form; UNSCHEDULED where it belongs to none, and for a form "
        "that has no visits, which may leave it out",
    )
    repeat: Annotated[int, Field(ge=1, le=9999)] = Field(
        default=1, description="Tells records of a repeating form apart"
    )
    observed_on: IsoDate | None = Field(
        default=None, description="Only for forms that no item of theirs dates"
    )
    items: Annotated[dict[str, Sent], Field(min_length=1, max_length=MAX_ITEMS)]


class Correction(Model):
    """The items that get another value, and why. Items left out stay as they are."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"items": {"neutrophils": "1.5", "platelets": None}, "reason": "Data entry error"}
            ]
        }
    )

    items: Annotated[dict[str, Corrected], Field(min_length=1, max_length=MAX_ITEMS)]
    reason: Reason


class Converted(Model):
    value: str
    unit: str


class Assessment(Model):
    """A record: one form of one subject, with the values it has."""

    record_id: str
    study: StudyId
    subject: SubjectId
    site: SiteId
    form: str
    visit: str
    repeat: int
    version: int
    items: dict[str, Value] = Field(description="As they were sent; decimals keep their digits")
    converted: dict[str, Converted] = Field(
        description="Values that came with a unit, in the unit of their item"
    )
    observed_on: IsoDate | None
    recorded_at: Instant = Field(description="Database clock at the commit of this version")
    recorded_by: str
    definition_version: str
    as_of_position: int | None = Field(description=AS_OF_POSITION)
    flags: RecordFlags = RecordFlags()


class Assessments(Model):
    items: list[Assessment]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")
    as_of_position: int | None = Field(description=AS_OF_POSITION)


class Change(Model):
    item: str
    old: Value | None
    new: Value | None


class Version(Model):
    """One version of a record: who changed what, when, and why."""

    version: int
    recorded_at: Instant
    recorded_by: str
    role: str
    reason: str
    observed_on: IsoDate | None
    definition_version: str
    changes: list[Change]


class Versions(Model):
    record_id: str
    items: list[Version]
    as_of_position: int | None = Field(description=AS_OF_POSITION)
