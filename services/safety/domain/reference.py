"""Reference safety information in force: which version of which product, where, on which day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from services.safety.domain.case import Event, Report
from shared.study.safety import ReferenceSafety, Safety


@dataclass(frozen=True)
class Proposed:
    """What a version in force says of an event by its term: it proposes, a person decides."""

    event: str
    product: str
    reference: str
    regions: tuple[str, ...]
    day: date
    listed: bool


def regions_on(reference: ReferenceSafety, day: date) -> tuple[str, ...]:
    """Where a version of reference safety information is in force on a day, sorted."""
    return tuple(
        sorted(
            each.region
            for each in reference.valid
            if each.start <= day and (each.until is None or day <= each.until)
        )
    )


def find(safety: Safety, product: str, version: str) -> ReferenceSafety | None:
    """A product's reference safety information at a version; None where there is none."""
    known = safety.reference_safety
    return next((r for r in known if (r.product, r.version) == (product, version)), None)


def day_of(report: Report, event: str) -> date:
    """The day whose version counts: the onset's; while that is unknown, the report's receipt."""
    onset = next((each.onset_on for each in report.events if each.number == event), None)
    return onset or report.received_at.astimezone(ZoneInfo(report.received_zone)).date()


def proposals(safety: Safety, report: Report) -> Iterator[Proposed]:
    """For every event and suspect product, what each version in force says."""
    for event in report.events:
        day = day_of(report, event.number)
        for product in report.products:
            for reference in safety.reference_safety:
                regions = regions_on(reference, day)
                if reference.product == product and regions:
                    listed = event.term in _terms(reference, event)
                    yield Proposed(event.number, product, reference.version, regions, day, listed)


def _terms(reference: ReferenceSafety, event: Event) -> tuple[str, ...]:
    """The terms among which the event is expected: listed is not listed as fatal."""
    fatal = "death" in event.seriousness or event.outcome == "FATAL"
    return reference.expected_fatal_terms if fatal else reference.expected_terms
