"""From what arrives to the content of a case version: faults of a report."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.safety.domain.case import Event, Report
from services.safety.domain.clinical_faults import clinical_faults
from services.safety.domain.special_interest import input_faults
from shared.rules.terms import term_list
from shared.study import StudyDefinition
from shared.study.safety import Safety

# The easternmost zones are 14 hours ahead of UTC: a date beyond theirs is tomorrow everywhere.
FURTHEST_AHEAD = timedelta(hours=14)
TERMS = "ctcae403_terms"
"""The dictionary that terms and grades are of."""
# What the zone files also hold: by these Day 0 would depend on the machine that counts it.
_OF_THE_MACHINE = frozenset({"localtime", "Factory", "posixrules"})
_FUTURE = "This lies in the future."


@dataclass(frozen=True)
class IntakeFault:
    """A fault of a report: JSON pointer, stable code, and words without the value."""

    pointer: str
    code: str
    detail: str


def examine(definition: StudyDefinition, report: Report, now: datetime) -> list[IntakeFault]:
    """What is malformed in a report as sent. What is merely missing is no fault."""
    return [
        *_future(report, now),
        *_events(definition.safety, report, now),
        *unknown_zone("/received_zone", report.received_zone),
        *_unknown_products(definition, report),
        *_special_interest(definition.safety, report),
        *_clinical(definition, report, now),
    ]


def products_of(definition: StudyDefinition) -> frozenset[str]:
    """The codes of the trial's products: what a suspect product may be."""
    return frozenset(each.code for arm in definition.arms for each in arm.products)


def unknown_zone(pointer: str, zone: str) -> Iterator[IntakeFault]:
    try:
        known = ZoneInfo(zone).key not in _OF_THE_MACHINE
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = False
    if not known:
        yield IntakeFault(pointer, "zone-unknown", "This is no IANA time zone.")


def later_than(pointer: str, instant: datetime, now: datetime) -> Iterator[IntakeFault]:
    if instant > now:
        yield IntakeFault(pointer, "in-the-future", _FUTURE)


def _future(report: Report, now: datetime) -> Iterator[IntakeFault]:
    yield from later_than("/aware_at", report.aware_at, now)
    yield from later_than("/received_at", report.received_at, now)


def _events(safety: Safety | None, report: Report, now: datetime) -> Iterator[IntakeFault]:
    for index, event in enumerate(report.events):
        place = "" if index == 0 else f"/further_events/{index - 1}"
        yield from _dates(place, event, now)
        yield from _unknown_criteria(safety, place, event.seriousness)
        yield from _impossible_grade(place, event)
    if not report.serious and report.special_interest is None:
        detail = "A report names a criterion of seriousness or an event of special interest."
        yield IntakeFault("/seriousness", "too-short", detail)


def _dates(place: str, event: Event, now: datetime) -> Iterator[IntakeFault]:
    latest = _latest(now)
    dates: tuple[tuple[str, date | None], ...] = (
        ("onset_on", event.onset_on), ("ended_on", event.ended_on),
    )  # fmt: skip
    for name, day in dates:
        if day is not None and day > latest:
            yield IntakeFault(f"{place}/{name}", "in-the-future", _FUTURE)
    if event.onset_on and event.ended_on and event.ended_on < event.onset_on:
        detail = "The event ended before it began."
        yield IntakeFault(f"{place}/ended_on", "before-onset", detail)


def _latest(now: datetime) -> date:
    return (now.astimezone(UTC) + FURTHEST_AHEAD).date()


def _unknown_criteria(
    safety: Safety | None, place: str, codes: Sequence[str]
) -> Iterator[IntakeFault]:
    known = set() if safety is None else {criterion.code for criterion in safety.seriousness}
    for index, code in enumerate(codes):
        pointer = f"{place}/seriousness/{index}"
        if code not in known:
            detail = "The study definition has no such seriousness criterion."
            yield IntakeFault(pointer, "criterion-unknown", detail)
        elif code in codes[:index]:
            yield IntakeFault(pointer, "criterion-repeated", "This criterion stands twice.")


def _impossible_grade(place: str, event: Event) -> Iterator[IntakeFault]:
    if event.term is None or event.grade is None:
        return
    term = term_list(TERMS).find(event.term)
    if term is not None and event.grade not in term.grades:
        detail = "CTCAE v4.03 has no such grade of this term."
        yield IntakeFault(f"{place}/grade", "grade-impossible", detail)


def _unknown_products(definition: StudyDefinition, report: Report) -> Iterator[IntakeFault]:
    known = products_of(definition)
    detail = "The study definition has no such product."
    if report.suspect_product is not None and report.suspect_product not in known:
        yield IntakeFault("/suspect_product", "product-unknown", detail)
    for index, product in enumerate(report.further_products):
        pointer = f"/further_products/{index}"
        if product not in known:
            yield IntakeFault(pointer, "product-unknown", detail)
        elif report.products.count(product) > 1:
            yield IntakeFault(pointer, "product-repeated", "This product stands twice.")
    if not report.actions.keys() <= known:
        yield IntakeFault("/actions", "product-unknown", detail)


def _special_interest(safety: Safety | None, report: Report) -> Iterator[IntakeFault]:
    if report.special_interest is not None:
        for pointer, code, detail in input_faults(safety, report.special_interest):
            yield IntakeFault(f"/special_interest{pointer}", code, detail)


def _clinical(definition: StudyDefinition, report: Report, now: datetime) -> Iterator[IntakeFault]:
    found = clinical_faults(report, products_of(definition), _latest(now))
    for pointer, code, detail in found:
        yield IntakeFault(pointer, code, detail)
