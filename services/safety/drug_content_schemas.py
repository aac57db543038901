"""What a case tells of drugs, as it is sent: how they were given, and what came of them."""

from typing import Annotated, Literal, Self

from pydantic import Field, Tag, model_validator

from services.safety.content_values import (
    WHICH,
    Batch,
    Comment,
    Country,
    CumulativeDose,
    Day,
    DoseAmount,
    DoseInterval,
    EventNumber,
    Gestation,
    MissingPastDrug,
    NameOrMissing,
    Short,
    ShortOrMissing,
    SystemCode,
    TermCode,
    TimeSpan,
)
from shared.http.models import Code, Model, Name

Circumstance = Literal[
    "COUNTERFEIT", "OVERDOSE", "TAKEN_BY_FATHER", "BEYOND_EXPIRY", "BATCH_WITHIN_SPECIFICATION",
    "BATCH_OUTSIDE_SPECIFICATION", "MEDICATION_ERROR", "MISUSE", "ABUSE", "OCCUPATIONAL_EXPOSURE",
    "OFF_LABEL_USE",
]  # fmt: skip


class AuthorisationReport(Model):
    """Under which number a product is on the market."""

    number: Annotated[str, Field(pattern=r"^[!-~]{1,35}$")]
    country: Country
    holder: Short | None = None


class DrugDetails(Model):
    """What may be told of any drug."""

    cumulative: Annotated[
        CumulativeDose | None, Field(description="Given until the first reaction began")
    ] = None
    gestation: Annotated[
        Gestation | None, Field(description="The earliest at which a child was exposed")
    ] = None
    parent_route: Annotated[
        ShortOrMissing | None, Field(description="How a parent took it, in words")
    ] = None
    parent_route_code: SystemCode | None = None
    obtained_in: Country | None = None
    authorisation: AuthorisationReport | None = None
    more: Annotated[Comment | None, Field(description="What no other field holds")] = None


class ConcomitantReport(DrugDetails):
    """A drug taken beside the treatment."""

    name: Annotated[Name, Field(description="As reported", examples=["Paracetamol"])]
    started: Day | None = None
    ended: Day | None = None
    dose: Annotated[Name | None, Field(description="In words", examples=["500 mg daily"])] = None
    route: ShortOrMissing | None = None
    indication: NameOrMissing | None = None
    amount: DoseAmount | None = None
    every: Annotated[DoseInterval | None, Field(description="One dose in this time")] = None
    lasted: Annotated[TimeSpan | None, Field(description="How long it was given")] = None
    route_code: SystemCode | None = None
    form: Annotated[ShortOrMissing | None, Field(description="Dose form, in words")] = None
    form_code: SystemCode | None = None
    product_code: Annotated[SystemCode | None, Field(description="Of the product")] = None
    coding: Annotated[TermCode | None, Field(description="Of the indication")] = None

    @model_validator(mode="after")
    def _doses_in_time(self) -> Self:
        if self.every is not None and self.amount is None:
            raise ValueError("An interval needs the dose that was given in it.")
        return self


class AdministrationReport(DrugDetails):
    """How a suspect product was given to the child, and what for."""

    product: Code
    route: Annotated[ShortOrMissing | None, Field(description="In words")] = None
    batches: Annotated[
        list[Batch],
        Field(default_factory=list, max_length=20, description="Batch or lot numbers"),
    ]
    indication: NameOrMissing | None = None
    coding: Annotated[TermCode | None, Field(description="Of the indication")] = None
    route_code: SystemCode | None = None
    form: Annotated[ShortOrMissing | None, Field(description="Dose form, in words")] = None
    form_code: SystemCode | None = None
    circumstances: Annotated[
        list[Circumstance],
        Field(default_factory=list, max_length=11, description="What else is to be known of it"),
    ]


class RecurrenceReport(Model):
    """Whether an event came again when a product was given again (rechallenge)."""

    product: Code
    event: EventNumber = "1"
    outcome: Annotated[
        Literal["RECURRED", "NOT_RECURRED", "UNK", "NOT_READMINISTERED"],
        Field(description="UNK: given again, and not known what came of it"),
    ]


class LatencyReport(Model):
    """How long after a product an event began, where dates alone do not tell it."""

    product: Code
    event: EventNumber = "1"
    after_start: Annotated[TimeSpan | None, Field(description="Since its first dose")] = None
    after_last_dose: TimeSpan | None = None


class PastDrugReport(Model):
    """A drug that was taken before, with what for and what came of it."""

    name: Annotated[Name, Tag("value")] | Annotated[MissingPastDrug, Tag("reason")] = Field(
        discriminator=WHICH
    )
    product_code: SystemCode | None = None
    started: Day | None = None
    ended: Day | None = None
    indication: TermCode | None = None
    reaction: Annotated[TermCode | None, Field(description="To this drug, then")] = None
