"""Faults of what a case tells beside its events and suspect drugs."""

from collections.abc import Iterator
from datetime import date

from services.safety.domain.case import Report
from services.safety.domain.partly_dated import Fault, span_faults


def clinical_faults(report: Report, latest: date) -> Iterator[Fault]:
    """What is malformed; ``latest`` is the last day that is not in the future everywhere."""
    for index, drug in enumerate(report.concomitants):
        yield from span_faults(f"/concomitants/{index}", drug.started, drug.ended, latest)
