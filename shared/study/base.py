"""What every part of a study definition is made of: strict frozen models, decimals, sources.

A definition never holds a binary float: a number that is not an integer is written as text
("0.0001") and becomes a `Decimal`, so that a threshold is compared as it was printed.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
    model_validator,
)

FRACTION_PATTERN = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,8})")
DECIMAL_PATTERN = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?")


class Model(BaseModel):
    """Frozen, strict, no unknown field: a misspelt key is a fault, never a silent default."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        serialize_by_alias=True,
        # Building a validator at import would make every cold start pay for the whole model.
        defer_build=True,
    )


def parse_decimal(value: object) -> Decimal:
    """Decimal of an integer or of plain decimal text; anything else raises ValueError.

    Exponents, NaN, infinities and binary floats are refused: none of them is how a protocol
    prints a number.
    """
    if isinstance(value, Decimal) and value.is_finite():
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and DECIMAL_PATTERN.fullmatch(value):
        return Decimal(value)
    raise ValueError('must be an integer or a decimal number written as text, such as "0.0001"')


def _plain(value: Decimal) -> str:
    return format(value, "f")


Number = Annotated[
    Decimal,
    BeforeValidator(parse_decimal),
    PlainSerializer(_plain, return_type=str, when_used="json"),
]


def parse_fraction(value: object) -> Fraction:
    """A probability strictly between 0 and 1, exact, of text such as "4/5"; else ValueError."""
    if isinstance(value, Fraction):
        found = value
    elif isinstance(value, str) and (match := FRACTION_PATTERN.fullmatch(value)):
        found = Fraction(int(match[1]), int(match[2]))
    else:
        raise ValueError('must be a fraction written as text, such as "4/5"')
    if not 0 < found < 1:
        raise ValueError("a probability of 1 or more would make an allocation certain")
    return found


ExactFraction = Annotated[
    Fraction,
    BeforeValidator(parse_fraction),
    PlainSerializer(str, return_type=str, when_used="json"),
]
"""A probability as an exact fraction, never a binary float; kept in lowest terms."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""An id inside a definition: lower case, digits, underscores."""

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+/-]{0,39}$")]
"""A coded value, an arm or a product, as the trial prints it (`6-MP`, `CRi`)."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=600, pattern=r"^[^\x00-\x1f]+$")]
Unit = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,30}$")]
"""A UCUM unit, case sensitive, such as `10*9/L`."""

SourceKind = Literal[
    "record", "listing", "guideline", "regulation", "publication", "convention", "assumed"
]


class Source(Model):
    """Where a fact comes from.

    `record` the registry record, `listing` other public listings of the trial, `guideline` and
    `regulation` a named text, `publication` a paper, `convention` a way of computing that the
    statistical literature names, `assumed` a choice that the public record leaves open: the
    product prints every one of these. In YAML the kind alone may stand for the whole.
    """

    kind: SourceKind
    reference: Text | None = None
    note: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _kind_alone(cls, value: object) -> object:
        return {"kind": value} if isinstance(value, str) else value


class Sourced(Model):
    """A fact with its source; `sources` names single fields that come from somewhere else."""

    source: Source
    sources: dict[str, Source] = {}

    @model_validator(mode="after")
    def _sources_name_own_fields(self) -> Self:
        unknown = sorted(set(self.sources) - (set(type(self).model_fields) - {"source", "sources"}))
        if unknown:
            raise ValueError(f"sources names no field of this entry: {', '.join(unknown)}")
        return self


@dataclass(frozen=True, slots=True)
class Ref:
    """Marks a field as the id of an entry of another section (checked when a file is validated)."""

    section: str


AnchorRef = Annotated[str, Ref("anchors")]
ArmRef = Annotated[str, Ref("arms")]
EventSourceRef = Annotated[str, Ref("event_sources")]
FormRef = Annotated[str, Ref("forms")]
EndpointRef = Annotated[str, Ref("endpoints")]
OutcomeRef = Annotated[str, Ref("outcomes")]
PopulationRef = Annotated[str, Ref("populations")]
ThresholdRef = Annotated[str, Ref("thresholds")]
VisitRef = Annotated[str, Ref("visits")]
