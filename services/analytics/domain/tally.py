"""What is stored of each subject and endpoint by time, and the counts that come back.

The statistics are functions of the counts alone; where they are counted is not theirs to know.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.analytics.domain.competing.table import CauseCount
from services.analytics.domain.observations import Count, Counts

CENSORED, EVENT, COMPETING = 0, 1, 2


@dataclass(frozen=True, slots=True)
class EndpointRecord:
    """A subject's time for an endpoint in a population, as it is stored.

    ``days`` are whole, ``cause`` is censoring, the event or an event that precludes it, ``levels``
    gives the subject's level by subgroup.
    """

    endpoint: str
    population: str
    subject: str
    arm: str
    stratum: str
    days: int
    cause: int
    levels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CountKey:
    """Which counts: of an endpoint in a population, or apart by the levels of a subgroup."""

    endpoint: str
    population: str
    subgroup: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """How many subjects of an arm and stratum ended on a day, by cause; ``level`` is empty where
    none was asked for."""

    level: str
    arm: str
    stratum: str
    days: int
    events: int
    competing: int
    censored: int

    @property
    def subjects(self) -> int:
        """All of them."""
        return self.events + self.competing + self.censored


class Tally(Protocol):
    """Stores all records of a night and counts them; it is called once."""

    def __call__(
        self, records: Sequence[EndpointRecord], asked: Sequence[CountKey]
    ) -> list[list[Cell]]:
        """The cells of each that is asked for, in any order, none of them empty."""


class TallyIncomplete(RuntimeError):
    """What was counted is not what was derived: rows were lost, or hidden from the counting."""


def require_all(asked: CountKey, cells: Iterable[Cell], derived: int) -> None:
    """Raise ``TallyIncomplete`` unless the cells hold as many subjects as were derived."""
    counted = sum(each.subjects for each in cells)
    if counted != derived:
        where = " ".join(filter(None, (asked.endpoint, asked.population, asked.subgroup)))
        raise TallyIncomplete(f"{where}: {derived} subjects derived, {counted} counted")


def counts_of(cells: Iterable[Cell]) -> Counts:
    """The counts of an event, in canonical order."""
    return Counts.of(
        Count(each.arm, each.stratum, float(each.days), each.events, each.censored)
        for each in cells
    )


def counts_by_level(cells: Iterable[Cell], levels: Iterable[str]) -> dict[str, Counts]:
    """The counts of each level; nobody's where no cell is of it."""
    found = list(cells)
    return {code: counts_of(each for each in found if each.level == code) for code in levels}


def causes_of(cells: Iterable[Cell]) -> tuple[CauseCount, ...]:
    """The same by cause, in canonical order."""
    found = (
        CauseCount(each.arm, each.stratum, float(each.days), cause, subjects)
        for each in cells
        for cause, subjects in (
            (CENSORED, each.censored), (EVENT, each.events), (COMPETING, each.competing),
        )
        if subjects
    )  # fmt: skip
    return tuple(sorted(found))
