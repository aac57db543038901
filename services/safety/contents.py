"""Between what is sent, what is stored and what the rules read: the content of a case version."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, get_type_hints

from pydantic import TypeAdapter

from services.safety.content_values import TimeSpan
from services.safety.domain.case import CLINICAL, Event, Report, SpecialInterest
from services.safety.domain.clinical import Quantity
from services.safety.domain.numbering import Given, NumberFaults, numbers
from services.safety.domain.special_interest import criteria_version
from services.safety.errors import ReportRefused
from services.safety.intake_schemas import CaseContent
from shared.http.problems import FieldError
from shared.study.safety import Safety

Row = Mapping[str, Any]
_HINTS = get_type_hints(Report)
_KINDS: Final[dict[str, TypeAdapter[Any]]] = {name: TypeAdapter(_HINTS[name]) for name in CLINICAL}
"""Each clinical part by its field, from JSON values."""


def etag(version: int) -> str:
    """The strong ETag of a case at a version."""
    return f'"{version}"'


def of_body(
    safety: Safety, body: CaseContent, now: datetime, versions: Sequence[Row] = ()
) -> Report:
    """The content that was sent, for a case of these ``versions``. What names no criterion is not
    serious. Raises ``ReportRefused`` where it is not said which event of the case one is."""
    own = _numbers(body, versions)
    return Report(
        serious=bool(body.seriousness),
        seriousness=tuple(body.seriousness),
        aware_at=body.aware_at,
        received_at=body.received_at or now,
        received_zone=body.received_zone or safety.receiver_time_zone,
        event_term=body.event_term,
        grade=body.grade,
        onset_on=body.onset_on,
        ended_on=body.ended_on,
        outcome=body.outcome,
        duration=_span(body.duration),
        medically_confirmed=body.medically_confirmed,
        reporter=body.reporter,
        reporter_qualification=body.reporter_qualification,
        suspect_product=body.suspect_product,
        further_products=tuple(body.further_products),
        further_events=tuple(
            Event(
                number=number,
                term=each.event_term,
                grade=each.grade,
                serious=bool(each.seriousness),
                seriousness=tuple(each.seriousness),
                onset_on=each.onset_on,
                ended_on=each.ended_on,
                outcome=each.outcome,
                duration=_span(each.duration),
                medically_confirmed=each.medically_confirmed,
            )
            for number, each in zip(own, body.further_events, strict=True)
        ),
        narrative=body.narrative,
        special_interest=_special_interest(safety, body),
        actions=dict(body.actions),
        **clinical_of(body.model_dump(mode="json", include=set(CLINICAL))),
    )


def of_row(row: Row) -> Report:
    """The content of a stored version."""
    special = row["special_interest"]
    return Report(
        serious=row["serious"],
        seriousness=tuple(row["seriousness"]),
        aware_at=row["aware_at"],
        received_at=row["received_at"],
        received_zone=row["received_zone"],
        event_term=row["event_term"],
        grade=row["grade"],
        onset_on=row["onset_on"],
        ended_on=row["ended_on"],
        outcome=row["outcome"],
        duration=_lasted(row["duration"]),
        medically_confirmed=row["medically_confirmed"],
        reporter=row["reporter"],
        reporter_qualification=row["reporter_qualification"],
        suspect_product=row["suspect_product"],
        further_products=tuple(row["further_products"]),
        further_events=tuple(_event(each) for each in row["further_events"]),
        narrative=row["narrative"],
        special_interest=None if special is None else SpecialInterest(**special),
        actions=row["actions"],
        **clinical_of(row),
    )


def clinical_of(values: Row) -> dict[str, Any]:
    """The parts that are told; of the others a report has its own default."""
    return {
        name: kind.validate_python(values[name])
        for name, kind in _KINDS.items()
        if values[name] is not None
    }


def clinical(report: Report) -> dict[str, Any]:
    """The clinical parts by field, as JSON values."""
    return {
        name: kind.dump_python(getattr(report, name), mode="json") for name, kind in _KINDS.items()
    }


def _numbers(body: CaseContent, versions: Sequence[Row]) -> tuple[str, ...]:
    given = [Given(each.number, each.event_term, each.onset_on) for each in body.further_events]
    known = [[_event(each) for each in row["further_events"]] for row in versions]
    used = [event.number for events in known for event in events]
    try:
        return numbers(given, known[-1] if known else (), used)
    except NumberFaults as refused:
        found = [FieldError(f.pointer, f.code, f.detail) for f in refused.faults]
        raise ReportRefused(errors=found) from None


def _event(stored: Row) -> Event:
    return Event(
        number=stored["number"],
        term=stored["term"],
        grade=stored["grade"],
        serious=stored["serious"],
        seriousness=tuple(stored["seriousness"]),
        onset_on=_day(stored["onset_on"]),
        ended_on=_day(stored["ended_on"]),
        outcome=stored["outcome"],
        duration=_lasted(stored.get("duration")),
        medically_confirmed=stored.get("medically_confirmed"),
    )


def _span(told: TimeSpan | None) -> Quantity | None:
    return None if told is None else Quantity(told.number, told.unit)


def _lasted(stored: Row | None) -> Quantity | None:
    return None if stored is None else Quantity(**stored)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _special_interest(safety: Safety, body: CaseContent) -> SpecialInterest | None:
    told = body.special_interest
    if told is None:
        return None
    version = criteria_version(safety, told.code, told.criteria_set)
    return SpecialInterest(told.code, told.criteria_set, version, dict(told.inputs))
