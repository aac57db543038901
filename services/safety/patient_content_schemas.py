"""What a case tells of a child of somebody in the trial, and what is said beside the narrative."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, Tag

from services.safety.content_values import (
    WHICH,
    Comment,
    Day,
    FlagOrMissing,
    Gestation,
    MissingFlag,
    SystemCode,
    TermCode,
)
from shared.http.models import Model, Name, Text, plain, plain_text

# The lengths are those of the elements (ICH E2B(R3)).
Remark = Annotated[str, plain(1, 20_000), AfterValidator(plain_text)]
Whole = Annotated[str, plain(1, 100_000), AfterValidator(plain_text)]
Kilograms = Annotated[str, Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,2})?$")]
Centimetres = Annotated[str, Field(pattern=r"^[0-9]{1,3}(\.[0-9])?$")]


class Age(Model):
    """How old at the onset."""

    number: Annotated[str, Field(pattern=r"^[0-9]{1,5}$")]
    unit: Literal["h", "d", "wk", "mo", "a"]


class OffspringReport(Model):
    """Whose the events are, where they are those of a child or foetus of the participant: then the
    patient of the report is that child, and the participant its parent."""

    sex: (
        Annotated[
            Annotated[Literal["male", "female"], Tag("value")]
            | Annotated[MissingFlag, Tag("reason")],
            WHICH,
        ]
        | None
    ) = None
    age: Age | None = None
    gestation: Annotated[
        Gestation | None, Field(description="Of a foetus, when the event was seen")
    ] = None


class ParentHistoryReport(Model):
    """A disease or circumstance of the parent. What is not coded is told as text."""

    term: Name
    coding: TermCode | None = None
    started: Day | None = None
    ended: Day | None = None
    continuing: FlagOrMissing | None = None
    comment: Comment | None = None


class ParentDrugReport(Model):
    """A drug that the parent took before."""

    name: Name
    product_code: SystemCode | None = None
    started: Day | None = None
    ended: Day | None = None
    indication: TermCode | None = None
    reaction: TermCode | None = None


class ParentReport(Model):
    """The participant as the parent; age, sex and what was measured are on record."""

    last_period_on: Day | None = None
    weight_kg: Kilograms | None = None
    height_cm: Centimetres | None = None
    history: Annotated[list[ParentHistoryReport], Field(default_factory=list, max_length=100)]
    other_history: Text | None = None
    past_drugs: Annotated[list[ParentDrugReport], Field(default_factory=list, max_length=100)]


class SummaryReport(Model):
    """The case in another language."""

    language: Annotated[str, Field(pattern=r"^[a-z]{3}$", description="ISO 639-2")]
    text: Whole


class CommentsReport(Model):
    """What is said of the case beside its narrative."""

    reporter: Annotated[Remark | None, Field(description="The reporter's comments")] = None
    sender: Annotated[Remark | None, Field(description="The sponsor's comments")] = None
    diagnoses: Annotated[
        list[TermCode],
        Field(default_factory=list, max_length=20, description="The sponsor's own, coded"),
    ]
    summaries: Annotated[list[SummaryReport], Field(default_factory=list, max_length=10)]
