"""What a case tells beside its events: each part as it is sent, and as it is shown."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Discriminator, Field, Tag

from shared.http.models import Code, Model, Name, PartialIsoDate, Text, plain_text

# The lengths are those of the elements (ICH E2B(R3)).
Short = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(plain_text)]
Batch = Annotated[str, Field(min_length=1, max_length=35), AfterValidator(plain_text)]
Hundred = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(plain_text)]
Comment = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(plain_text)]
Number = Annotated[str, Field(pattern=r"^[0-9]{1,15}(\.[0-9]{1,15})?$", examples=["34.5"])]
EventNumber = Annotated[str, Field(pattern=r"^[1-9][0-9]?$", examples=["1"])]
Qualification = Literal[
    "PHYSICIAN", "PHARMACIST", "OTHER_HEALTH_PROFESSIONAL", "LAWYER", "CONSUMER"
]


class MissingDate(Model):
    """Why a date is missing: masked, asked and not known, not asked."""

    missing: Literal["MSK", "ASKU", "NASK"]


class MissingText(Model):
    """Why a text is missing: unknown, asked and not known, not asked."""

    missing: Literal["UNK", "ASKU", "NASK"]


class MissingFlag(Model):
    """Why a yes or no is missing."""

    missing: Literal["MSK", "UNK", "ASKU", "NASK"]


def _which(value: Any) -> str:
    """An object says why there is no value. Told apart here, so that a fault is told once."""
    return "reason" if isinstance(value, dict | BaseModel) else "value"


_WHICH = Discriminator(_which)
Day = Annotated[
    Annotated[PartialIsoDate, Tag("value")] | Annotated[MissingDate, Tag("reason")],
    _WHICH,
    Field(description="As far as it is known: a year, a month or a day; or why it is missing"),
]
ShortOrMissing = Annotated[
    Annotated[Short, Tag("value")] | Annotated[MissingText, Tag("reason")], _WHICH
]
NameOrMissing = Annotated[
    Annotated[Name, Tag("value")] | Annotated[MissingText, Tag("reason")], _WHICH
]


TextOrMissing = Annotated[
    Annotated[Text, Tag("value")] | Annotated[MissingText, Tag("reason")], _WHICH
]
FlagOrMissing = Annotated[
    Annotated[bool, Tag("value")] | Annotated[MissingFlag, Tag("reason")], _WHICH
]


class ConcomitantReport(Model):
    """A drug taken beside the treatment."""

    name: Annotated[Name, Field(description="As reported", examples=["Paracetamol"])]
    started: Day | None = None
    ended: Day | None = None
    dose: Annotated[Name | None, Field(description="In words", examples=["500 mg daily"])] = None
    route: ShortOrMissing | None = None
    indication: NameOrMissing | None = None


class TermCode(Model):
    """A MedDRA lowest level term; the report is held against the loaded version."""

    code: Annotated[str, Field(pattern=r"^[0-9]{8}$")]
    version: Annotated[str, Field(pattern=r"^[0-9]{1,2}\.[0-9]$", examples=["28.1"])]


class AdministrationReport(Model):
    """How a suspect product was given to the child, and what for."""

    product: Code
    route: Annotated[ShortOrMissing | None, Field(description="In words")] = None
    batches: Annotated[
        list[Batch],
        Field(default_factory=list, max_length=20, description="Batch or lot numbers"),
    ]
    indication: NameOrMissing | None = None
    coding: Annotated[TermCode | None, Field(description="Of the indication")] = None


class RecurrenceReport(Model):
    """Whether an event came again when a product was given again (rechallenge)."""

    product: Code
    event: EventNumber = "1"
    outcome: Annotated[
        Literal["RECURRED", "NOT_RECURRED", "UNK", "NOT_READMINISTERED"],
        Field(description="UNK: given again, and not known what came of it"),
    ]


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
        list[Name],
        Field(default_factory=list, max_length=50, description="Held by the sponsor's side"),
    ]
    other_identifiers: Annotated[
        list[OtherIdentifierReport], Field(default_factory=list, max_length=50)
    ]
    history: Annotated[list[HistoryReport], Field(default_factory=list, max_length=100)]
    other_history: Annotated[
        TextOrMissing | None, Field(description="History in words, or why there is none")
    ] = None
    weight_kg: Annotated[
        str | None,
        Field(
            pattern=r"^[0-9]{1,3}(\.[0-9]{1,2})?$",
            description="At the onset; what is on record need not be repeated",
        ),
    ] = None
    height_cm: Annotated[str | None, Field(pattern=r"^[0-9]{1,3}(\.[0-9])?$")] = None
    tests: Annotated[list[LabTestReport], Field(default_factory=list, max_length=200)]


class ClinicalShown(Model):
    """The same as it is shown: null to whom it might tell the arm."""

    concomitants: list[ConcomitantReport] | None
    administrations: list[AdministrationReport] | None
    recurrences: list[RecurrenceReport] | None
    documents: list[str] | None
    other_identifiers: list[OtherIdentifierReport] | None
    history: list[HistoryReport] | None
    other_history: TextOrMissing | None
    weight_kg: str | None
    height_cm: str | None
    tests: list[LabTestReport] | None
