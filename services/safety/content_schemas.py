"""What a case tells beside its events: each part as it is sent, and as it is shown."""

from typing import Annotated, Literal

from pydantic import Field, Tag

from services.safety.content_values import (
    WHICH,
    Citation,
    Comment,
    Day,
    DayOrMasked,
    FlagOrMissing,
    Hundred,
    MissingCitation,
    MissingText,
    Number,
    Sha256,
    TermCode,
    TextOrMissing,
)
from services.safety.drug_content_schemas import (
    AdministrationReport,
    ConcomitantReport,
    LatencyReport,
    PastDrugReport,
    RecurrenceReport,
)
from services.safety.patient_content_schemas import (
    Centimetres,
    CommentsReport,
    Kilograms,
    OffspringReport,
    ParentReport,
)
from shared.http.models import Model, Name, PartialIsoDate


class OtherIdentifierReport(Model):
    """A number under which somebody else sent this case before."""

    source: Annotated[Hundred, Field(description="Whose number it is")]
    identifier: Hundred


class HistoryReport(Model):
    """A disease or circumstance of before, or that goes on. What is not coded is told as text."""

    term: Annotated[Name, Field(description="As reported", examples=["Asthma"])]
    coding: TermCode | None = None
    started: Day | None = None
    ended: Day | None = None
    continuing: FlagOrMissing | None = None
    family: Annotated[bool, Field(description="Of a relative")] = False
    comment: Comment | None = None


class DocumentReport(Model):
    """A document that the sponsor's side holds, and that goes with the reports of the case."""

    title: Name
    attachment: Annotated[Sha256, Field(description="Of an attachment of the child")]


class PublicationReport(Model):
    """A publication that the case is of, with a copy of it where one goes with the reports."""

    citation: Annotated[
        Annotated[Citation, Tag("value")] | Annotated[MissingCitation, Tag("reason")],
        WHICH,
        Field(description="In the Vancouver style"),
    ]
    attachment: Sha256 | None = None


class CauseReport(Model):
    """What the child died of."""

    words: Name
    coding: TermCode | None = None


AutopsyTold = Annotated[
    Annotated[bool, Tag("value")] | Annotated[MissingText, Tag("reason")], WHICH
]


class DeathReport(Model):
    """What is known of a death."""

    on: Annotated[Day | None, Field(description="The last day of a fatal event if left out")] = None
    autopsy: Annotated[
        AutopsyTold | None, Field(description="Whether there was one, or why nobody says")
    ] = None
    causes: Annotated[
        list[CauseReport], Field(default_factory=list, max_length=20, description="As reported")
    ]
    autopsy_causes: Annotated[
        list[CauseReport],
        Field(default_factory=list, max_length=20, description="As the autopsy found"),
    ]


class LabTestReport(Model):
    """A test or procedure with its result. A negative number is told in `result_words`."""

    name: Annotated[Name, Field(examples=["Total bilirubin"])]
    coding: TermCode | None = None
    on: PartialIsoDate | None = None
    value: Number | None = None
    qualifier: Annotated[
        Literal["<", "<=", ">", ">="] | None, Field(description="Where the value is a bound")
    ] = None
    unit: Annotated[
        str | None, Field(pattern=r"^[!-~]{1,50}$", description="UCUM", examples=["umol/L"])
    ] = None
    result: Literal["POSITIVE", "NEGATIVE", "BORDERLINE", "INCONCLUSIVE"] | None = None
    result_words: Comment | None = None
    low: Annotated[Number | None, Field(description="Lower limit of normal, same unit")] = None
    high: Annotated[Number | None, Field(description="Upper limit of normal, same unit")] = None
    comment: Comment | None = None
    more_information: Annotated[
        bool | None, Field(description="Whether there is more to ask for")
    ] = None


DocumentTold = Annotated[
    Annotated[Name, Tag("value")] | Annotated[DocumentReport, Tag("reason")], WHICH
]


class ClinicalContent(Model):
    """What is known beside the events and the suspect drugs; no due date hangs on it."""

    concomitants: Annotated[
        list[ConcomitantReport],
        Field(
            default_factory=list,
            max_length=100,
            description="Drugs taken beside the treatment; what is on record need not be repeated",
        ),
    ]
    administrations: Annotated[
        list[AdministrationReport], Field(default_factory=list, max_length=21)
    ]
    recurrences: Annotated[list[RecurrenceReport], Field(default_factory=list, max_length=100)]
    documents: Annotated[
        list[DocumentTold],
        Field(
            default_factory=list,
            max_length=50,
            description="Held by the sponsor's side: a title, or with its attachment",
        ),
    ]
    literature: Annotated[list[PublicationReport], Field(default_factory=list, max_length=20)]
    other_identifiers: Annotated[
        list[OtherIdentifierReport], Field(default_factory=list, max_length=50)
    ]
    history: Annotated[list[HistoryReport], Field(default_factory=list, max_length=100)]
    other_history: Annotated[
        TextOrMissing | None, Field(description="History in words, or why there is none")
    ] = None
    weight_kg: Annotated[
        Kilograms | None, Field(description="At the onset; what is on record need not be repeated")
    ] = None
    height_cm: Centimetres | None = None
    tests: Annotated[list[LabTestReport], Field(default_factory=list, max_length=200)]
    latencies: Annotated[list[LatencyReport], Field(default_factory=list, max_length=100)]
    past_drugs: Annotated[list[PastDrugReport], Field(default_factory=list, max_length=100)]
    death: DeathReport | None = None
    other_therapies: Annotated[
        Literal[True] | None,
        Field(description="There were others when an event began: radiotherapy, supplements"),
    ] = None
    last_period_on: Annotated[
        DayOrMasked | None, Field(description="First day of the patient's last menstrual period")
    ] = None
    offspring: OffspringReport | None = None
    parent: Annotated[ParentReport | None, Field(description="With `offspring` alone")] = None
    comments: CommentsReport | None = None


class ClinicalShown(Model):
    """The same as it is shown: null to whom it might tell the arm."""

    concomitants: list[ConcomitantReport] | None
    administrations: list[AdministrationReport] | None
    recurrences: list[RecurrenceReport] | None
    documents: list[DocumentTold] | None
    literature: list[PublicationReport] | None
    other_identifiers: list[OtherIdentifierReport] | None
    history: list[HistoryReport] | None
    other_history: TextOrMissing | None
    weight_kg: str | None
    height_cm: str | None
    tests: list[LabTestReport] | None
    latencies: list[LatencyReport] | None
    past_drugs: list[PastDrugReport] | None
    other_therapies: bool | None
    death: DeathReport | None
    last_period_on: DayOrMasked | None
    offspring: OffspringReport | None
    parent: ParentReport | None
    comments: CommentsReport | None
