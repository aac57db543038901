"""From what arrives to the content of a case version: faults of a report, items of a record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.safety.domain.case import SERIOUS, Report
from shared.study import StudyDefinition
from shared.study.endpoints import AdverseEventEndpoint
from shared.study.safety import Safety

# The easternmost zones are 14 hours ahead of UTC: a date beyond theirs is tomorrow everywhere.
FURTHEST_AHEAD = timedelta(hours=14)


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
        *_unknown_criteria(definition.safety, report.seriousness),
        *_unknown_zone(report.received_zone),
        *_unknown_product(definition, report.suspect_product),
    ]


def _future(report: Report, now: datetime) -> Iterator[IntakeFault]:
    detail = "This lies in the future."
    if report.aware_at > now:
        yield IntakeFault("/aware_at", "in-the-future", detail)
    if report.received_at > now:
        yield IntakeFault("/received_at", "in-the-future", detail)
    if report.onset_on is not None:
        latest = (now.astimezone(UTC) + FURTHEST_AHEAD).date()
        if report.onset_on > latest:
            yield IntakeFault("/onset_on", "in-the-future", detail)


def _unknown_criteria(safety: Safety | None, codes: Sequence[str]) -> Iterator[IntakeFault]:
    known = set() if safety is None else {criterion.code for criterion in safety.seriousness}
    for index, code in enumerate(codes):
        pointer = f"/seriousness/{index}"
        if code not in known:
            detail = "The study definition has no such seriousness criterion."
            yield IntakeFault(pointer, "criterion-unknown", detail)
        elif code in codes[:index]:
            yield IntakeFault(pointer, "criterion-repeated", "This criterion stands twice.")


def _unknown_zone(zone: str) -> Iterator[IntakeFault]:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield IntakeFault("/received_zone", "zone-unknown", "This is no IANA time zone.")


def _unknown_product(definition: StudyDefinition, product: str | None) -> Iterator[IntakeFault]:
    known = {each.code for arm in definition.arms for each in arm.products}
    if product is not None and product not in known:
        detail = "The study definition has no such product."
        yield IntakeFault("/suspect_product", "product-unknown", detail)


def of_record(
    definition: StudyDefinition,
    safety: Safety,
    items: Mapping[str, str | None],
    *,
    site: str,
    at: datetime,
) -> Report:
    """The report that an adverse event record makes, recorded at ``at``.

    ``items`` are the record's items in canonical text. A case item that the form collects as well
    is the form's item of the same id; term, grade and onset are the items that the definition's
    adverse event endpoint names. A value that does not read as its item is not known: it must not
    hold up a serious event. The site that recorded it is the source; whether it was aware earlier,
    the form does not say.
    """
    names = _names(definition, safety)
    ticked = {name for name, text in items.items() if text == "true"}
    seriousness = tuple(each.code for each in safety.seriousness if each.item in ticked)
    return Report(
        serious=SERIOUS in ticked or bool(seriousness),
        seriousness=seriousness,
        aware_at=at,
        received_at=at,
        received_zone=safety.receiver_time_zone,
        event_term=items.get(names.term),
        grade=_grade(items.get(names.grade)),
        onset_on=_day(items.get(names.start)),
        reporter=f"Site {site}",
    )


@dataclass(frozen=True)
class _Names:
    """Items of the adverse event form; the empty name is no item."""

    term: str = ""
    grade: str = ""
    start: str = ""


def _names(definition: StudyDefinition, safety: Safety) -> _Names:
    for endpoint in definition.endpoints:
        if isinstance(endpoint, AdverseEventEndpoint) and endpoint.form == safety.form:
            return _Names(endpoint.term, endpoint.grade, endpoint.start)
    return _Names()


def _grade(text: str | None) -> int | None:
    return int(text) if text in {"1", "2", "3", "4", "5"} else None


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        # A partial date: the month is known, the day is not.
        return None
