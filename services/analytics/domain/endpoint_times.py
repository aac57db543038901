"""From a subject's dates to its time for an endpoint: one derived row each, with its source.

The columns are those of ADaM's time-to-event data (ADTTE): STARTDT, ADT, AVAL, CNSR, EVNTDESC or
CNSDTDSC, and where the date comes from (SRCDOM, SRCVAR, SRCSEQ).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from services.analytics.domain.follow_up import Censoring, Ending, ending
from services.analytics.domain.observations import Observation, ObservationError
from services.analytics.domain.results import JsonValue
from services.analytics.domain.subjects import (
    Source,
    Subject,
    dating_anchor,
    source_of,
    source_of_anchor,
)
from shared.study import StudyDefinition
from shared.study.endpoints import TimeToEventEndpoint


@dataclass(frozen=True, slots=True)
class EndpointTime:
    """A subject's time for an endpoint.

    ``started_by`` is the anchor that dated the origin, ``source`` the record that gave the end;
    None where none did, as at a horizon.
    """

    endpoint: str
    population: str
    subject: Subject
    start: date
    started_by: str
    end: Ending
    days: int
    source: Source | None

    def observation(self) -> Observation:
        """The row as the estimators take it."""
        allocated = self.subject.allocated
        event = self.end.reason is Censoring.EVENT
        return Observation(allocated.subject, self.subject.arm, allocated.stratum, self.days, event)

    def to_json(self) -> dict[str, JsonValue]:
        """The row for a closed file: it carries the arm."""
        event = self.end.reason is Censoring.EVENT
        found, source = self.end.occurrence, self.source
        return {
            "PARAMCD": self.endpoint,
            "population": self.population,
            "USUBJID": self.subject.id,
            "SITEID": self.subject.allocated.site,
            "TRT01P": self.subject.allocated.arm,
            "TRT01A": self.subject.received,
            "stratum": self.subject.allocated.stratum,
            "STARTDT": self.start.isoformat(),
            "started_by": self.started_by,
            "ADT": self.end.date.isoformat(),
            "AVAL": self.days,
            "CNSR": int(self.end.reason),
            "EVNTDESC": self.end.description if event else None,
            "CNSDTDSC": None if event else self.end.description,
            "dated_by": None if found is None else found.anchor,
            "SRCDOM": None if source is None else source.record.form,
            "SRCVAR": None if source is None else source.item,
            "SRCSEQ": None if source is None else source.record.key,
            "record_id": None if source is None else self.subject.kept[source.record.key].record_id,
        }


def endpoint_times(
    definition: StudyDefinition,
    endpoint: TimeToEventEndpoint,
    population: str,
    subjects: Iterable[Subject],
    cutoff: date,
) -> list[EndpointTime]:
    """The time of every subject of the population, in their order.

    Raises ObservationError naming the subject where the origin has no date, or an event is dated
    before it.
    """
    return [_time(definition, endpoint, population, subject, cutoff) for subject in subjects]


def origin_warnings(
    definition: StudyDefinition, endpoint: TimeToEventEndpoint, times: Iterable[EndpointTime]
) -> tuple[str, ...]:
    """One sentence for each substitute origin that was used, such as "never dosed"."""
    counted = list(times)
    substitutes = Counter(time.started_by for time in counted)
    usual = _usual(definition, endpoint.origin)
    return tuple(
        f"{number} of {len(counted)}: time counted from {definition.anchor(anchor).label}, "
        f"for want of {definition.anchor(usual).label}"
        for anchor, number in sorted(substitutes.items())
        if anchor != usual
    )


def _usual(definition: StudyDefinition, anchor: str) -> str:
    found = definition.anchor(anchor)
    return _usual(definition, found.anchors[0]) if found.kind == "coalesce" else anchor


def _time(
    definition: StudyDefinition,
    endpoint: TimeToEventEndpoint,
    population: str,
    subject: Subject,
    cutoff: date,
) -> EndpointTime:
    start = subject.anchors.get(endpoint.origin)
    if start is None:
        raise ObservationError(subject.id, f"{endpoint.paramcd}: {endpoint.origin} has no date")
    end = ending(definition, endpoint, subject, cutoff)
    days = (end.date - start).days
    if days < 0:
        rule = f"{endpoint.paramcd}: {end.description} is dated before {endpoint.origin}"
        raise ObservationError(subject.id, rule)
    return EndpointTime(
        endpoint.paramcd,
        population,
        subject,
        start,
        dating_anchor(definition, endpoint.origin, subject),
        end,
        days + (endpoint.day_rule == "plus_one"),
        _source(definition, end, subject),
    )


def _source(definition: StudyDefinition, end: Ending, subject: Subject) -> Source | None:
    if end.occurrence is not None:
        return source_of(definition, end.occurrence, subject)
    return None if end.anchor is None else source_of_anchor(definition, end.anchor, subject)
