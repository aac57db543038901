"""What is known of a safety case, version by version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from services.safety.domain.as_told import PartialDay, Words
from services.safety.domain.clinical import (
    Administration,
    Comments,
    Concomitant,
    Death,
    HeldDocument,
    HistoryItem,
    LabTest,
    Latency,
    OtherIdentifier,
    PastDrug,
    Publication,
    Quantity,
    Recurrence,
)
from services.safety.domain.facts import MINIMUM_CRITERIA
from services.safety.domain.kin import Offspring, Parent

SERIOUS: Final = "serious"
"""The case item that says whether a case is serious at all; the others are named by criteria."""
FIRST: Final = "1"
CLINICAL: Final = (
    "concomitants", "administrations", "recurrences", "documents", "other_identifiers",
    "history", "other_history", "weight_kg", "height_cm", "tests", "latencies", "past_drugs",
    "other_therapies", "literature", "death", "last_period_on", "offspring", "parent", "comments",
)  # fmt: skip
"""Fields of a report that no due date hangs on and no other part of the case reads."""


@dataclass(frozen=True)
class Event:
    """One event of a case. ``seriousness`` holds codes of the definition's criteria; the CTCAE
    ``grade`` says how severe it is, which is another question."""

    number: str
    term: str | None = None
    grade: int | None = None
    serious: bool = True
    seriousness: tuple[str, ...] = ()
    onset_on: date | None = None
    ended_on: date | None = None
    outcome: str | None = None
    duration: Quantity | None = None
    medically_confirmed: bool | None = None


@dataclass(frozen=True)
class SpecialInterest:
    """An event of special interest by its own term, the criteria that were applied, and the values
    they were applied to (canonical text by input id)."""

    code: str
    criteria_set: str
    criteria_version: str
    inputs: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Report:
    """The content of one version of a case.

    ``seriousness`` holds codes of the definition's criteria, of the first event. ``aware_at`` is
    when the site knew, ``received_at`` when the sponsor's side did, in the zone ``received_zone``
    (IANA), whose calendar date counts. What is not known yet is None.
    """

    serious: bool
    seriousness: tuple[str, ...]
    aware_at: datetime
    received_at: datetime
    received_zone: str
    event_term: str | None = None
    grade: int | None = None
    onset_on: date | None = None
    ended_on: date | None = None
    outcome: str | None = None
    duration: Quantity | None = None
    medically_confirmed: bool | None = None
    reporter: str | None = None
    reporter_qualification: str | None = None
    suspect_product: str | None = None
    further_products: tuple[str, ...] = ()
    further_events: tuple[Event, ...] = ()
    narrative: str | None = None
    special_interest: SpecialInterest | None = None
    actions: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What was done with each product because of the case, by product code."""
    concomitants: tuple[Concomitant, ...] = ()
    """Drugs taken beside the treatment, as far as whoever reports the case names them."""
    administrations: tuple[Administration, ...] = ()
    recurrences: tuple[Recurrence, ...] = ()
    documents: tuple[str | HeldDocument, ...] = ()
    """Documents that the sponsor's side holds: titles of those it can give, and those that go with
    the reports."""
    literature: tuple[Publication, ...] = ()
    other_identifiers: tuple[OtherIdentifier, ...] = ()
    history: tuple[HistoryItem, ...] = ()
    other_history: Words = None
    weight_kg: str | None = None
    height_cm: str | None = None
    tests: tuple[LabTest, ...] = ()
    latencies: tuple[Latency, ...] = ()
    past_drugs: tuple[PastDrug, ...] = ()
    other_therapies: bool | None = None
    """True: there were radiotherapy, supplements or the like when an event began."""
    death: Death | None = None
    last_period_on: PartialDay = None
    """First day of the last menstrual period of the patient."""
    offspring: Offspring | None = None
    parent: Parent | None = None
    comments: Comments | None = None

    @property
    def events(self) -> tuple[Event, ...]:
        """All events; the first is number 1."""
        first = Event(
            number=FIRST,
            term=self.event_term,
            grade=self.grade,
            serious=self.serious,
            seriousness=self.seriousness,
            onset_on=self.onset_on,
            ended_on=self.ended_on,
            outcome=self.outcome,
            duration=self.duration,
            medically_confirmed=self.medically_confirmed,
        )
        return first, *self.further_events

    @property
    def products(self) -> tuple[str, ...]:
        """All suspect products."""
        first = () if self.suspect_product is None else (self.suspect_product,)
        return (*first, *self.further_products)


def attachments_of(report: Report) -> tuple[tuple[str, str], ...]:
    """The attachments that a report names: where it does, and their hashes."""
    return (
        *(
            (f"/documents/{index}/attachment", each.attachment)
            for index, each in enumerate(report.documents)
            if isinstance(each, HeldDocument)
        ),
        *(
            (f"/literature/{index}/attachment", each.attachment)
            for index, each in enumerate(report.literature)
            if each.attachment is not None
        ),
    )


@dataclass(frozen=True)
class MinimumCriteria:
    """The four minimum criteria of a valid report (ICH E2A): those held, and those missing."""

    held: tuple[str, ...]
    missing: tuple[str, ...]


def minimum_criteria(report: Report) -> MinimumCriteria:
    """Which of the four are held. The patient always is: a case names a subject of the trial."""
    holds = {
        "identifiable_patient": True,
        "identifiable_reporter": report.reporter is not None,
        "event": report.narrative is not None or any(each.term for each in report.events),
        "suspect_product": bool(report.products),
    }
    return MinimumCriteria(
        held=tuple(name for name in MINIMUM_CRITERIA if holds[name]),
        missing=tuple(name for name in MINIMUM_CRITERIA if not holds[name]),
    )


def is_significant(before: Report, after: Report) -> bool:
    """True where a new version changes what a due date may hang on."""
    return _weighed(before) != _weighed(after)


def _weighed(report: Report) -> tuple[Any, ...]:
    events = tuple(
        (each.number, each.serious, frozenset(each.seriousness), each.grade, each.term)
        for each in report.events
    )
    return events, frozenset(report.products)
