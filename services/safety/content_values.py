"""Values of what a case tells: known, or missing for a reason; codes, and numbers with units."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Discriminator, Field, Tag

from shared.http.models import Model, Name, PartialIsoDate, Text, plain, plain_text

# The lengths are those of the elements (ICH E2B(R3)).
Short = Annotated[str, plain(1, 60), AfterValidator(plain_text)]
Batch = Annotated[str, plain(1, 35), AfterValidator(plain_text)]
Hundred = Annotated[str, plain(1, 100), AfterValidator(plain_text)]
Comment = Annotated[str, plain(1, 2000), AfterValidator(plain_text)]
Citation = Annotated[str, plain(1, 500), AfterValidator(plain_text)]
Number = Annotated[str, Field(pattern=r"^[0-9]{1,15}(\.[0-9]{1,15})?$", examples=["34.5"])]
EventNumber = Annotated[str, Field(pattern=r"^[1-9][0-9]?$", examples=["1"])]
Qualification = Literal[
    "PHYSICIAN", "PHARMACIST", "OTHER_HEALTH_PROFESSIONAL", "LAWYER", "CONSUMER"
]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256, hexadecimal")]
TimeUnit = Literal["s", "min", "h", "d", "wk", "mo", "a"]
UcumUnit = Annotated[str, Field(pattern=r"^[!-~]{1,50}$", description="UCUM")]


class MissingDate(Model):
    """Why a date is missing: masked, asked and not known, not asked."""

    missing: Literal["MSK", "ASKU", "NASK"]


class MissingMasked(Model):
    """A date that is kept back."""

    missing: Literal["MSK"]


class MissingText(Model):
    """Why a text is missing: unknown, asked and not known, not asked."""

    missing: Literal["UNK", "ASKU", "NASK"]


class MissingPastDrug(Model):
    """Why there is no drug's name: which one it was is not known, or there was none."""

    missing: Literal["UNK", "NA"]


class MissingCitation(Model):
    """Why a publication is not named: asked and not known, not asked."""

    missing: Literal["ASKU", "NASK"]


class MissingFlag(Model):
    """Why a yes or no is missing."""

    missing: Literal["MSK", "UNK", "ASKU", "NASK"]


def _which(value: Any) -> str:
    """An object says why there is no value. Told apart here, so that a fault is told once."""
    return "reason" if isinstance(value, dict | BaseModel) else "value"


WHICH = Discriminator(_which)
Day = Annotated[
    Annotated[PartialIsoDate, Tag("value")] | Annotated[MissingDate, Tag("reason")],
    WHICH,
    Field(description="As far as it is known: a year, a month or a day; or why it is missing"),
]
DayOrMasked = Annotated[
    Annotated[PartialIsoDate, Tag("value")] | Annotated[MissingMasked, Tag("reason")],
    WHICH,
    Field(description="As far as it is known: a year, a month or a day; or that it is kept back"),
]
ShortOrMissing = Annotated[
    Annotated[Short, Tag("value")] | Annotated[MissingText, Tag("reason")], WHICH
]
NameOrMissing = Annotated[
    Annotated[Name, Tag("value")] | Annotated[MissingText, Tag("reason")], WHICH
]


TextOrMissing = Annotated[
    Annotated[Text, Tag("value")] | Annotated[MissingText, Tag("reason")], WHICH
]
FlagOrMissing = Annotated[
    Annotated[bool, Tag("value")] | Annotated[MissingFlag, Tag("reason")], WHICH
]


class TermCode(Model):
    """A MedDRA lowest level term; the report is held against the loaded version."""

    code: Annotated[str, Field(pattern=r"^[0-9]{8}$")]
    version: Annotated[str, Field(pattern=r"^[0-9]{1,2}\.[0-9]$", examples=["28.1"])]


class SystemCode(Model):
    """A code of a route, a dose form or a product. Code systems and what their codes look like are
    data; whether there is such a code in that version, whoever codes answers for."""

    system: Annotated[str, Field(pattern=r"^[A-Z]{1,10}$", examples=["EDQM"])]
    code: Annotated[str, Field(pattern=r"^[0-9A-Z-]{1,40}$", examples=["ROA-20045000"])]
    version: Annotated[
        str,
        Field(pattern=r"^[!-~]{1,10}$", description="Date or number", examples=["2026-03-01"]),
    ]


class TimeSpan(Model):
    """A length of time."""

    number: Annotated[str, Field(pattern=r"^[0-9]{1,5}(\.[0-9]{1,3})?$", max_length=5)]
    unit: Annotated[TimeUnit, Field(description="UCUM")]


class DoseAmount(Model):
    """One dose."""

    number: Annotated[str, Field(pattern=r"^[0-9]{1,8}(\.[0-9]{1,6})?$", max_length=8)]
    unit: UcumUnit


class CumulativeDose(Model):
    """All that was given until the first reaction began."""

    number: Annotated[str, Field(pattern=r"^[0-9]{1,10}(\.[0-9]{1,8})?$", max_length=10)]
    unit: UcumUnit


class Gestation(Model):
    """How far a pregnancy was."""

    number: Annotated[str, Field(pattern=r"^[0-9]{1,3}$")]
    unit: Literal["d", "wk", "mo", "{trimester}"]


class DoseInterval(Model):
    """Once in so long."""

    number: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}$")]
    unit: Literal["min", "h", "d", "wk", "mo", "a"]
