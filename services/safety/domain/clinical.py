"""What a case tells beside its events and suspect drugs, part by part."""

from dataclasses import dataclass

from services.safety.domain.as_told import PartialDay, Words


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
