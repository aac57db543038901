"""Faults of what a case tells of a child or foetus and its parent."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from services.safety.domain.body_size import Size, is_plausible
from services.safety.domain.case import Report
from services.safety.domain.clinical import Quantity
from services.safety.domain.kin import Parent
from services.safety.domain.partly_dated import Fault, span_faults
from services.safety.e2b import gestation


def kin_faults(report: Report, latest: date) -> Iterator[Fault]:
    """What is malformed. ``latest`` is the last day that is not in the future everywhere."""
    for _, code, words in span_faults("", report.last_period_on, None, latest):
        yield "/last_period_on", code, words
    if report.offspring is not None:
        yield from gestation_faults("/offspring/gestation", report.offspring.gestation)
    if report.parent is not None:
        if report.offspring is None:
            words = "A parent is told of a child or foetus: with `offspring`."
            yield "/parent", "parent-of-nobody", words
        yield from _of_parent(report.parent, latest)


def gestation_faults(place: str, told: Quantity | None) -> Iterator[Fault]:
    """Whether a pregnancy can be so far."""
    if told is not None and not gestation.is_plausible(Decimal(told.number), told.unit):
        yield place, "gestation-implausible", "No pregnancy lasts so long."


def size_faults(place: str, told: str | None, which: Size, whose: str) -> Iterator[Fault]:
    """Whether a person can be so heavy or tall."""
    if told is not None and not is_plausible(told, which):
        yield place, "size-implausible", f"This is no {which} of a {whose}."


def _of_parent(parent: Parent, latest: date) -> Iterator[Fault]:
    for _, code, words in span_faults("", parent.last_period_on, None, latest):
        yield "/parent/last_period_on", code, words
    yield from size_faults("/parent/weight_kg", parent.weight_kg, "weight", "person")
    yield from size_faults("/parent/height_cm", parent.height_cm, "height", "person")
    for index, item in enumerate(parent.history):
        yield from span_faults(f"/parent/history/{index}", item.started, item.ended, latest)
