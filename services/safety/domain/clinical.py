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
