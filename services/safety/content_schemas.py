"""What a case tells beside its events: each part as it is sent, and as it is shown."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Discriminator, Field, Tag

from shared.http.models import Model, Name, PartialIsoDate, plain_text

# The lengths are those of the elements (ICH E2B(R3)).
Short = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(plain_text)]


class MissingDate(Model):
    """Why a date is missing: masked, asked and not known, not asked."""

    missing: Literal["MSK", "ASKU", "NASK"]


class MissingText(Model):
    """Why a text is missing: unknown, asked and not known, not asked."""

    missing: Literal["UNK", "ASKU", "NASK"]


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


class ConcomitantReport(Model):
    """A drug taken beside the treatment."""

    name: Annotated[Name, Field(description="As reported", examples=["Paracetamol"])]
    started: Day | None = None
    ended: Day | None = None
    dose: Annotated[Name | None, Field(description="In words", examples=["500 mg daily"])] = None
    route: ShortOrMissing | None = None
    indication: NameOrMissing | None = None


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


class ClinicalShown(Model):
    """The same as it is shown: null to whom it might tell the arm."""

    concomitants: list[ConcomitantReport] | None
