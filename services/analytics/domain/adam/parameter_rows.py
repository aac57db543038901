"""ADTTE and ADRS: a row for each subject and endpoint that has a time, or succeeds or fails."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from services.analytics.domain.adam.model import Model
from services.analytics.domain.adam.subject_rows import (
    Values,
    about,
    flag,
    flags,
    source,
    study_day,
)
from services.analytics.domain.analysis_sets import Membership
from services.analytics.domain.competing_rows import cause_of
from services.analytics.domain.endpoint_times import EndpointTime
from services.analytics.domain.first_event import first_event
from services.analytics.domain.follow_up import Censoring
from services.analytics.domain.missing import is_expected, missing_reason
from services.analytics.domain.proportions import first_success
from services.analytics.domain.subjects import Subject, source_of
from shared.study.endpoints import Endpoint, ProportionEndpoint, TimeToEventEndpoint

_START = ("STARTDT", "STARTSRC")
_END = (
    "ADT", "ADY", "CNSR", "CAUSE", "EVNTDESC", "CNSDTDSC",
    "SRCDOM", "SRCVAR", "SRCVIS", "SRCSEQ", "SRCREC", "SRCVER",
)  # fmt: skip
DAYS = "DAYS"


def time_rows(
    model: Model, times: Sequence[EndpointTime], sets: Sequence[Membership]
) -> Iterator[Values]:
    """The rows of ADTTE: by endpoint in the order of the definition, then by subject.

    A subject's time is the same in every analysis set, so it has one row; flags tell the sets. An
    open row is there only where a set that may be told has the subject, and leaves out what rests
    on records that reveal the arm.
    """
    for endpoint in model.definition.endpoints:
        timed = _timed(endpoint)
        if timed is None:
            continue
        found = {each.subject.id: each for each in times if each.endpoint == endpoint.paramcd}
        for subject_id in sorted(found):
            time = found[subject_id]
            if not _told(model, endpoint, time.subject, sets):
                continue
            row = _time(model, endpoint, time) | flags(model, time.subject, sets)
            yield _veiled(
                row,
                start=model.is_open and model.veil.hides_start(timed),
                end=model.is_open and model.veil.hides_end(timed),
            )


def response_rows(
    model: Model, subjects: Sequence[Subject], sets: Sequence[Membership], cutoff: date
) -> Iterator[Values]:
    """The rows of ADRS, in the same order and by the same rules."""
    for endpoint in model.definition.endpoints:
        if not isinstance(endpoint, ProportionEndpoint):
            continue
        for subject in subjects:
            if not _told(model, endpoint, subject, sets):
                continue
            row = _response(model, endpoint, subject, cutoff) | flags(model, subject, sets)
            hidden = model.is_open and model.veil.hides_end(endpoint)
            yield _veiled(row, start=False, end=hidden)


def _timed(endpoint: Endpoint) -> TimeToEventEndpoint | None:
    if isinstance(endpoint, ProportionEndpoint) and endpoint.competing:
        return first_event(endpoint)
    return endpoint if isinstance(endpoint, TimeToEventEndpoint) else None


def _told(model: Model, endpoint: Endpoint, subject: Subject, sets: Sequence[Membership]) -> bool:
    may = {names.population.id for names in model.sets}
    return any(
        each.population.id in may
        and each.population.id in endpoint.populations
        and subject.id in each.arms
        for each in sets
    )


def _time(model: Model, endpoint: Endpoint, time: EndpointTime) -> Values:
    event = time.end.reason is Censoring.EVENT
    cause = int(event)
    if isinstance(endpoint, ProportionEndpoint):
        cause = cause_of(endpoint, time)
    row = about(model, time.subject) | {
        "PARAMCD": endpoint.paramcd,
        "PARAM": endpoint.label,
        "STARTDT": time.start,
        "STARTSRC": time.started_by,
        "ADT": time.end.date,
        "AVAL": Decimal(time.days),
        "AVALU": DAYS,
        "CNSR": int(time.end.reason),
        "CAUSE": cause,
        "EVNTDESC": time.end.description if event else None,
        "CNSDTDSC": None if event else time.end.description,
    }
    if time.source is not None:
        row |= source(time.subject, time.source.record.key, time.source.item)
    return row


def _response(model: Model, endpoint: ProportionEndpoint, subject: Subject, cutoff: date) -> Values:
    found = first_success(model.definition, endpoint, subject, cutoff)
    row = about(model, subject) | {
        "PARAMCD": endpoint.paramcd,
        "PARAM": endpoint.label,
        "ADT": None if found is None else found.date,
        "ADY": study_day(model, subject, None if found is None else found.date),
        "ANL01FL": flag(True),
        "AVAL": Decimal(int(found is not None)),
        "AVALC": flag(found is not None),
        **_missing(model, endpoint, subject),
    }
    rests_on = None if found is None else source_of(model.definition, found, subject)
    if rests_on is not None:
        row |= source(subject, rests_on.record.key, rests_on.item)
    return row


def _missing(model: Model, endpoint: ProportionEndpoint, subject: Subject) -> Values:
    """Whether the result is missing and why; nothing where none is expected."""
    if endpoint.missing is None or not is_expected(endpoint.missing, subject):
        return {}
    reason = missing_reason(model.definition, endpoint.missing, subject)
    return {"MISSFL": flag(reason is not None), "MISSRSN": reason}


def _veiled(row: Values, *, start: bool, end: bool) -> Values:
    """The row without the values that rest on what reveals the arm."""
    hidden = {*(_START if start else ()), *(_END if end else ())}
    hidden |= {"AVAL", "AVALC"} if hidden else set()
    shown = {name: None if name in hidden else value for name, value in row.items()}
    return shown | {"MASKFL": flag(bool(hidden))}
