"""What each kind of dated fact says: the value that belongs to it, and nothing beside."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from services.safety.domain.rule_sets import ClockKind
from services.safety.submission_schemas import Uuid
from shared.http.models import Code, Instant, IsoDate, Model, Name

EventNumber = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,2}$", examples=["1"])]


class Value(Model):
    """The value of a fact. What is left out and has no meaning of its own is not there."""

    def plain(self) -> dict[str, Any]:
        """As facts hold it: JSON scalars and lists."""
        told = self.model_dump(mode="json")
        return {k: v for k, v in told.items() if k not in _ABSENT or k in self.model_fields_set}


class Awareness(Value):
    """The site knew; when, says ``true_at``."""


class Receipt(Value):
    party: Name = "desk"
    reference: Name | None = None


class Criterion(Value):
    criterion: Literal["identifiable_patient", "identifiable_reporter", "event", "suspect_product"]
    held: bool = True


class Serious(Value):
    event: EventNumber = "1"
    serious: bool


class Seriousness(Value):
    event: EventNumber = "1"
    criterion: Code
    held: bool


class Onset(Value):
    event: EventNumber = "1"
    on: IsoDate | None


class Description(Value):
    """The event as it is described: a judgement holds for the description it was made of."""

    event: EventNumber = "1"
    term: Name | None = None
    grade: Annotated[int | None, Field(ge=1, le=5)] = None


class Suspect(Value):
    product: Code
    suspect: bool = True


class _Judged(Value):
    event: EventNumber = "1"
    of: dict[str, Any] | None = None


class Causality(_Judged):
    party: Literal["investigator", "sponsor"]
    product: Code
    related: bool


class Expectedness(_Judged):
    """``onset_on`` is the onset that it was judged for; left out, the one known by then."""

    product: Code
    expected: bool
    rsi: Name
    regions: Annotated[list[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]], Field(min_length=1)]
    onset_on: IsoDate | None = None


class Anticipated(_Judged):
    listed: bool
    list: Name | None = None


class Exemption(_Judged):
    exemption: Code
    applies: bool
    days: Annotated[int | None, Field(ge=1, le=3650)] = None
    rule_sets: Annotated[list[Code], Field(min_length=1)]
    unless_suspected: bool | None = None


class SpecialInterest(Value):
    code: Code


class FollowUp(Value):
    significant: bool
    version: Annotated[int, Field(ge=1)] = 1
    correction: bool | None = None


class Submission(Value):
    submission: Name
    authority: Name
    kinds: list[ClockKind]
    obligations: list[Uuid] = Field(default_factory=list)
    complete: bool = False
    channel: Name | None = None
    reference: Name | None = None
    sealed_at: Instant | None = None


class Acknowledgement(Value):
    submission: Name
    accepted: bool
    reference: Name | None = None


class Waiver(Value):
    obligation: Uuid


class Nullification(Value):
    reason: Name | None = None
    duplicate_of: Name | None = None


class Lock(Value):
    locked: bool


class Link(Value):
    case: Name | None = None
    external_id: Name | None = None
    relation: Name | None = None


class Coded(Value):
    event: EventNumber = "1"
    code: Annotated[str, Field(pattern=r"^[0-9]{8}$")]
    version: Name
    name: Name | None = None


# Words that change the reading of a fact by being there.
_ABSENT: Final = frozenset({"of", "unless_suspected", "correction", "sealed_at"})
VALUES: Final[dict[str, type[Value]]] = {
    "site_awareness": Awareness, "receipt": Receipt, "criterion": Criterion, "serious": Serious,
    "seriousness": Seriousness, "onset": Onset, "description": Description,
    "suspect": Suspect, "causality": Causality, "expectedness": Expectedness,
    "anticipated": Anticipated, "exemption": Exemption,
    "special_interest": SpecialInterest, "follow_up": FollowUp, "submission": Submission,
    "acknowledgement": Acknowledgement, "waiver": Waiver, "nullification": Nullification,
    "lock": Lock, "link": Link, "coding": Coded,
}  # fmt: skip
