"""What is sent and answered about queries and deviations."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from shared.http.models import Instant, IsoDate, Model, Reason, SiteId, SubjectId, Text

State = Literal["open", "answered", "closed", "cancelled"]
Origin = Literal["check", "derivation", "person"]
QueryText = Annotated[
    Text, Field(max_length=2000, description="It names no arm, no drug and no person")
]


class Question(Model):
    """A query of a person on a record, or on one of its items."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"item": "neutrophils", "text": "Please check against the source."}]
        }
    )

    item: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None = None
    text: QueryText


class QueryAnswer(Model):
    text: QueryText


class QueryStep(Model):
    reason: Reason


class QueryEvent(Model):
    """One step in the life of a query. Of an auto-close the actor is whose change made the check
    pass."""

    number: int
    action: Literal["open", "answer", "close", "auto-close", "cancel", "reopen"]
    state: State
    text: str | None
    actor: str
    role: str
    recorded_at: Instant


class Query(Model):
    query_id: str
    subject: SubjectId
    site: SiteId
    record_id: str | None = Field(description="Null: of the subject, by a derivation")
    form: str | None
    visit: str | None
    repeat: int | None
    item: str | None
    origin: Origin
    check_id: str | None = Field(description="The check, or the derivation and its note")
    check_version: str | None = Field(description="Of the check, or of the rule pack")
    severity: Literal["query", "flag"] = Field(description="A flag asks nothing of the site")
    text: str
    state: State
    raised_by: str
    raised_at: Instant
    last_action: Literal["open", "answer", "close", "auto-close", "cancel", "reopen"]
    changed_at: Instant


class QueryDetail(Query):
    events: list[QueryEvent]


class Queries(Model):
    items: list[Query]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")


class Deviation(Model):
    """A departure from the protocol, as it stands."""

    deviation_id: str
    subject: SubjectId
    site: SiteId
    record_id: str | None
    form: str | None
    visit: str | None
    item: str | None
    kind: Literal["visit-window", "check", "derivation"]
    source_id: str = Field(description="The visit, the check or the derivation that says so")
    source_version: str
    days_out: int | None = Field(description="Days before (negative) or after the window")
    observed_on: IsoDate | None
    standing: bool = Field(description="False: a correction showed that there was none")
    text: str
    noted_at: Instant


class Deviations(Model):
    items: list[Deviation]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")
