"""Faults of what a case tells beside its events and suspect drugs."""

from collections.abc import Collection, Iterator
from datetime import date

from services.safety.domain.case import Report
from services.safety.domain.partly_dated import Fault, span_faults

_UNKNOWN = "The study definition has no such product."


def clinical_faults(report: Report, products: Collection[str], latest: date) -> Iterator[Fault]:
    """What is malformed. ``products`` are those of the study; ``latest`` is the last day that is
    not in the future everywhere."""
    for index, drug in enumerate(report.concomitants):
        yield from span_faults(f"/concomitants/{index}", drug.started, drug.ended, latest)
    yield from _administrations(report, products)
    yield from _recurrences(report, products)
    for index, each in enumerate(report.other_identifiers):
        if each in report.other_identifiers[:index]:
            words = "This identifier stands twice."
            yield f"/other_identifiers/{index}", "identifier-repeated", words


def _administrations(report: Report, products: Collection[str]) -> Iterator[Fault]:
    named = [each.product for each in report.administrations]
    for index, product in enumerate(named):
        place = f"/administrations/{index}/product"
        if product not in products:
            yield place, "product-unknown", _UNKNOWN
        elif product in named[:index]:
            yield place, "product-repeated", "This product stands twice."


def _recurrences(report: Report, products: Collection[str]) -> Iterator[Fault]:
    events = {event.number for event in report.events}
    pairs = [(each.product, each.event) for each in report.recurrences]
    for index, (product, event) in enumerate(pairs):
        place = f"/recurrences/{index}"
        if product not in products:
            yield f"{place}/product", "product-unknown", _UNKNOWN
        elif event not in events:
            yield f"{place}/event", "event-unknown", "The case has no such event."
        elif (product, event) in pairs[:index]:
            yield place, "recurrence-repeated", "This is told twice of a product and an event."
