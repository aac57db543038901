"""What a document asks for, in the engine's words."""

from dataclasses import dataclass, field
from typing import Any

from services.assessments.domain.rave.document import Query

Place = tuple[str, str, int]
"""Form, visit and repeat of a record, as ``History.place``."""


@dataclass
class RecordStep:
    """What is sent to one record. ``places`` say where each item stood in the document."""

    subject: str
    place: Place
    at: str
    items: dict[str, Any] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class QueryStep:
    subject: str
    place: Place
    item: str
    query: Query


@dataclass(frozen=True)
class FlagStep:
    """A flag to set or to take back on a record; Rave's are on items, ours are on records."""

    subject: str
    place: Place
    flag: str
    wanted: bool
    at: str


@dataclass(frozen=True)
class Touched:
    """How many objects a document addressed, as its answer counts them."""

    subjects: int = 0
    folders: int = 0
    forms: int = 0
    fields: int = 0
    lines: int = 0

    def statistics(self) -> str:
        """Exactly these five counters, joined like this: the client fails on anything else."""
        return (
            f"Rave objects touched: Subjects={self.subjects}; Folders={self.folders}; "
            f"Forms={self.forms}; Fields={self.fields}; LogLines={self.lines}"
        )


@dataclass(frozen=True)
class Plan:
    records: tuple[RecordStep, ...]
    queries: tuple[QueryStep, ...]
    flags: tuple[FlagStep, ...]
    touched: Touched
