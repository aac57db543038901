"""Faults of what a case tells beside its events and suspect drugs."""

from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal

from services.safety.domain.case import Report
from services.safety.domain.clinical import LabTest
from services.safety.domain.drug_faults import drug_faults
from services.safety.domain.kin_faults import kin_faults, size_faults
from services.safety.domain.partly_dated import Fault, span_faults
from shared.study.dates import PartialDate


def clinical_faults(report: Report, products: Collection[str], latest: date) -> Iterator[Fault]:
    """What is malformed. ``products`` are those of the study; ``latest`` is the last day that is
    not in the future everywhere."""
    yield from drug_faults(report, products, latest)
    for index, item in enumerate(report.history):
        yield from span_faults(f"/history/{index}", item.started, item.ended, latest)
    if report.death is not None:
        for _, code, words in span_faults("", report.death.on, None, latest):
            yield "/death/on", code, words
    yield from size_faults("/weight_kg", report.weight_kg, "weight", "child")
    yield from size_faults("/height_cm", report.height_cm, "height", "child")
    yield from kin_faults(report, latest)
    for index, test in enumerate(report.tests):
        yield from _test(f"/tests/{index}", test, latest)
    for index, each in enumerate(report.other_identifiers):
        if each in report.other_identifiers[:index]:
            words = "This identifier stands twice."
            yield f"/other_identifiers/{index}", "identifier-repeated", words


def _test(place: str, test: LabTest, latest: date) -> Iterator[Fault]:
    if test.on is not None and PartialDate.parse(test.on).earliest > latest:
        yield f"{place}/on", "in-the-future", "This lies in the future."
    if test.value is None and test.qualifier is not None:
        yield f"{place}/qualifier", "qualifier-alone", "A bound needs its value."
    if test.low is not None and test.high is not None and Decimal(test.low) > Decimal(test.high):
        yield f"{place}/high", "limits-crossed", "The upper limit lies below the lower one."
