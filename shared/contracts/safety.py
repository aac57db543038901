"""Events of the safety service."""

from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.contracts.envelope import EventData


class _Event(EventData):
    source: ClassVar[str] = "safety"
    data_version: ClassVar[str] = "1.0"
    case_id: str
    case_number: str
    site: str
    received_at: AwareDatetime
    first_due_at: AwareDatetime | None = Field(
        description="The earliest of the case's open due dates; null where no clock runs"
    )

    def about(self) -> str:
        return f"case/{self.case_id}"


class CaseOpened(_Event):
    """A safety case was opened; its first due date is told, its content is not."""

    type: ClassVar[str] = "case.opened"


class CaseFollowedUp(_Event):
    """A safety case gained a version."""

    type: ClassVar[str] = "case.followed_up"
    case_version: int
    significant: bool = Field(description="True where seriousness, grade or term changed")


class DueDateChange(BaseModel):
    """One report owed that was opened, moved or closed."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    rule_set: str
    rule_version: str
    clock: str = Field(description="Id of the rule within its rule set")
    old_due_at: AwareDatetime | None = Field(description="Null where it is new")
    new_due_at: AwareDatetime | None = Field(description="Null where nothing is owed any more")
    old_state: str | None
    new_state: str | None


class CaseRecomputed(EventData):
    """What a case owes was computed anew, and differs: which due dates, by which fact, by whom."""

    source: ClassVar[str] = "safety"
    data_version: ClassVar[str] = "1.0"
    type: ClassVar[str] = "case.recomputed"
    case_id: str
    case_number: str
    site: str
    cause_fact: str = Field(description="Id of the fact that changed it")
    cause_kind: str
    actor: str
    changes: list[DueDateChange]
    unclassified: list[str] = Field(description="Authorities for whom no rule applies: an alarm")
    first_due_at: AwareDatetime | None = Field(
        description="The earliest of the case's open due dates; null where no clock runs"
    )

    def about(self) -> str:
        return f"case/{self.case_id}"


class ObligationEscalated(EventData):
    """A step of the escalation ladder of an obligation was due; named roles are to be told."""

    source: ClassVar[str] = "safety"
    data_version: ClassVar[str] = "1.0"
    type: ClassVar[str] = "obligation.escalated"
    case_id: str
    case_number: str
    site: str
    obligation_id: str
    step: str = Field(description="Id of the step in the study definition")
    roles: list[str]
    step_at: AwareDatetime
    due_at: AwareDatetime

    def about(self) -> str:
        return f"case/{self.case_id}"


class QueryAnswered(EventData):
    """A query of the safety desk about a case has an answer; who may, reads it there."""

    source: ClassVar[str] = "safety"
    data_version: ClassVar[str] = "1.0"
    type: ClassVar[str] = "query.answered"
    case_id: str
    case_number: str
    site: str
    query_id: str = Field(description="Of the desk's system")
    answer: int = Field(description="Answers to a query are counted from 1")
    role: str = Field(description="Role of whoever answered")

    def about(self) -> str:
        return f"case/{self.case_id}"


class QueryEscalated(EventData):
    """A query of the safety desk has waited too long for an answer; named roles are to be told."""

    source: ClassVar[str] = "safety"
    data_version: ClassVar[str] = "1.0"
    type: ClassVar[str] = "query.escalated"
    case_id: str
    case_number: str
    site: str
    query_id: str = Field(description="Of the desk's system")
    step: str = Field(description="Id of the row of the query windows")
    roles: list[str]
    step_at: AwareDatetime

    def about(self) -> str:
        return f"case/{self.case_id}"
