"""Faults of spans whose ends are known in part."""

from collections.abc import Iterator
from datetime import date

from services.safety.domain.as_told import PartialDay, in_words
from shared.study.dates import PartialDate

Fault = tuple[str, str, str]
"""JSON pointer, stable code, words without the value."""


def span_faults(
    place: str, started: PartialDay, ended: PartialDay, latest: date
) -> Iterator[Fault]:
    """What cannot be: a date that is after ``latest`` at its earliest, an end before the start."""
    first, last = _span(started), _span(ended)
    for name, span in (("started", first), ("ended", last)):
        if span is not None and span.earliest > latest:
            yield f"{place}/{name}", "in-the-future", "This lies in the future."
    if first is not None and last is not None and last.latest < first.earliest:
        yield f"{place}/ended", "before-start", "The end lies before the start."


def _span(day: PartialDay) -> PartialDate | None:
    text = in_words(day)
    return None if text is None else PartialDate.parse(text)
