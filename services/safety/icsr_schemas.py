"""What is shown of an E2B(R3) report of a case."""

from typing import Annotated, Literal

from pydantic import Field

from shared.http.models import Model, Reason

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Coding(Model):
    """The lowest level term of MedDRA that an event is."""

    event: Annotated[str, Field(pattern=r"^[1-9][0-9]?$", examples=["1"])]
    code: Annotated[str, Field(pattern=r"^[0-9]{8}$", description="Of the loaded version")]
    reason: Reason


class Coded(Model):
    """What an event was coded as."""

    event: str
    code: str
    version: str
    name: str


class IcsrIssue(Model):
    """A rule that the report does not keep: where, and what is wrong; never the value."""

    id: str
    severity: Literal["reject", "warning"]
    element: str
    path: str
    section: str
    text: str


class GateItem(Model):
    """An item without which a SUSAR is not handed to EudraVigilance."""

    id: str
    held: bool


class IcsrDraft(Model):
    """The report as it would be sent now, and what stands against that."""

    case_number: str
    version: int
    receiver: str
    profile: str
    sha256: Sha256
    rule_set: Annotated[str, Field(description="Version of the named rules")]
    schema_set: Annotated[
        str | None, Field(description="The ICH schemas it was held against; null: none configured")
    ]
    terminology: Annotated[str | None, Field(description="MedDRA version; null: none loaded")]
    may_be_sent: bool
    issues: list[IcsrIssue]
    gate: Annotated[list[GateItem], Field(description="Of the EU only")]
    document: Annotated[str, Field(description="The message, XML")]
