"""Faults of what a case tells of drugs: suspect, beside the treatment, and taken before."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date

from services.safety.domain.case import Report
from services.safety.domain.clinical import Administration, Concomitant, PastDrug, SystemCode
from services.safety.domain.kin_faults import gestation_faults
from services.safety.domain.partly_dated import Fault, span_faults
from services.safety.e2b.term_systems import Coded, term_systems

_UNKNOWN = "The study definition has no such product."


def drug_faults(report: Report, products: Collection[str], latest: date) -> Iterator[Fault]:
    """What is malformed. ``products`` are those of the study; ``latest`` is the last day that is
    not in the future everywhere."""
    for index, drug in enumerate(report.concomitants):
        place = f"/concomitants/{index}"
        yield from span_faults(place, drug.started, drug.ended, latest)
        yield from _code(f"{place}/product_code", "product", drug.product_code)
        yield from _ways(place, drug)
    yield from _past("/past_drugs", report.past_drugs, latest)
    if report.parent is not None:
        yield from _past("/parent/past_drugs", report.parent.past_drugs, latest)
    yield from _administrations(report, products)
    recurrences = [(each.product, each.event) for each in report.recurrences]
    yield from _pairs(report, products, ("recurrences", "recurrence-repeated"), recurrences)
    latencies = [(each.product, each.event) for each in report.latencies]
    yield from _pairs(report, products, ("latencies", "latency-repeated"), latencies)


def _past(where: str, told: Sequence[PastDrug], latest: date) -> Iterator[Fault]:
    for index, past in enumerate(told):
        place = f"{where}/{index}"
        yield from span_faults(place, past.started, past.ended, latest)
        yield from _code(f"{place}/product_code", "product", past.product_code)


def _administrations(report: Report, products: Collection[str]) -> Iterator[Fault]:
    named = [each.product for each in report.administrations]
    for index, each in enumerate(report.administrations):
        place = f"/administrations/{index}"
        if each.product not in products:
            yield f"{place}/product", "product-unknown", _UNKNOWN
        elif each.product in named[:index]:
            yield f"{place}/product", "product-repeated", "This product stands twice."
        yield from _ways(place, each)


def _ways(place: str, drug: Administration | Concomitant) -> Iterator[Fault]:
    yield from _code(f"{place}/route_code", "route", drug.route_code)
    yield from _code(f"{place}/form_code", "form", drug.form_code)
    yield from _code(f"{place}/parent_route_code", "route", drug.parent_route_code)
    yield from gestation_faults(f"{place}/gestation", drug.gestation)


def _code(place: str, kind: Coded, told: SystemCode | None) -> Iterator[Fault]:
    """Whether there can be such a code; whether there is one, no list here says."""
    if told is None:
        return
    system = term_systems(kind).get(told.system)
    if system is None:
        known = ", ".join(term_systems(kind))
        yield f"{place}/system", "code-system-unknown", f"Code systems taken here: {known}."
    elif not system.has_shape_of(told.code):
        yield f"{place}/code", "code-malformed", f"This is no code of {system.name}."


def _pairs(
    report: Report,
    products: Collection[str],
    words: tuple[str, str],
    pairs: Sequence[tuple[str, str]],
) -> Iterator[Fault]:
    """Faults of what is told of a product and an event; ``words``: the field, and the code of a
    pair that stands twice."""
    name, repeated = words
    events = {event.number for event in report.events}
    for index, (product, event) in enumerate(pairs):
        place = f"/{name}/{index}"
        if product not in products:
            yield f"{place}/product", "product-unknown", _UNKNOWN
        elif event not in events:
            yield f"{place}/event", "event-unknown", "The case has no such event."
        elif (product, event) in pairs[:index]:
            yield place, repeated, "This is told twice of a product and an event."
