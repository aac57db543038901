"""What a case tells beside its events and suspect drugs, part by part."""

from dataclasses import dataclass

from services.safety.domain.as_told import Missing, PartialDay, Words


@dataclass(frozen=True)
class Concomitant:
    """A drug as it was reported. ``dose`` is in words."""

    name: str
    started: PartialDay = None
    ended: PartialDay = None
    dose: str | None = None
    route: Words = None
    indication: Words = None


@dataclass(frozen=True)
class Term:
    """A MedDRA lowest level term by its code, in a version."""

    code: str
    version: str


@dataclass(frozen=True)
class Administration:
    """How a suspect product was given, and what for. ``coding`` is of the indication."""

    product: str
    route: Words = None
    batches: tuple[str, ...] = ()
    indication: Words = None
    coding: Term | None = None


@dataclass(frozen=True)
class Recurrence:
    """Whether an event came again when a product was given again."""

    product: str
    event: str
    outcome: str


@dataclass(frozen=True)
class OtherIdentifier:
    """A number under which somebody else sent the case, and who that is."""

    source: str
    identifier: str


@dataclass(frozen=True)
class HistoryItem:
    """A disease or circumstance of before, or that goes on; ``family``: of a relative."""

    term: str
    coding: Term | None = None
    started: PartialDay = None
    ended: PartialDay = None
    continuing: bool | Missing | None = None
    family: bool = False
    comment: str | None = None


@dataclass(frozen=True)
class LabTest:
    """A test or procedure. ``value`` is a number in ``unit`` (UCUM), or a bound by ``qualifier``;
    ``result`` a code of the interface; ``low`` and ``high`` are the limits of normal."""

    name: str
    coding: Term | None = None
    on: str | None = None
    value: str | None = None
    qualifier: str | None = None
    unit: str | None = None
    result: str | None = None
    result_words: str | None = None
    low: str | None = None
    high: str | None = None
    comment: str | None = None
    more_information: bool | None = None
