"""Endpoints of a subject: start, end, event or censoring, each with its source (ADaM ADTTE).

The contract with analytics: dates and what they rest on, never a verdict without them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from services.assessments.domain.packs.events.follow_up import Ending, Found, Kind, ending
from services.assessments.domain.packs.events.milestones import milestones
from services.assessments.domain.packs.events.occurrences import Subject, forms_read, occurrence
from services.assessments.domain.packs.events.picking import Occurrence, Source
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.result import InputRef, Result, Trace
from shared.rules.model import Cell, Pack
from shared.study.dates import Period

LIMIT_KINDS: Mapping[str, Kind] = {"hsct_ends_follow_up": "follow_up_ended"}
NO = "NO"


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """STARTDT, ADT, AVAL in days, CNSR, EVNTDESC or CNSDTDSC, and where the date comes from.

    ``started_by`` and ``dated_by`` name the milestones that date start and end; ``source_*`` are
    SRCDOM, SRCVAR and SRCSEQ, None where no record gave the end, as at a horizon.
    """

    endpoint: str
    start: date
    started_by: str
    end: date
    days: int
    kind: Kind
    cnsr: int
    description: str
    rule: str
    dated_by: str | None
    source_form: str | None
    source_item: str | None
    source_record: str | None

    def to_json(self) -> dict[str, str | int | None]:
        """The row by the names of ADaM's time-to-event data."""
        event = self.kind == "event"
        return {
            "PARAMCD": self.endpoint,
            "STARTDT": self.start.isoformat(),
            "started_by": self.started_by,
            "ADT": self.end.isoformat(),
            "AVAL": self.days,
            "CNSR": self.cnsr,
            "EVNTDESC": self.description if event else None,
            "CNSDTDSC": None if event else self.description,
            "rule": self.rule,
            "dated_by": self.dated_by,
            "SRCDOM": self.source_form,
            "SRCVAR": self.source_item,
            "SRCSEQ": self.source_record,
        }


@dataclass(frozen=True, slots=True)
class EndpointResult:
    """An endpoint's derivation; ``row`` is None where it has no time (NE or pending)."""

    result: Result
    row: EndpointRow | None


def endpoint_results(facts: SubjectFacts, pack: Pack, mrd: Pack) -> tuple[EndpointResult, ...]:
    """All endpoints of the pack for one subject, in the pack's order. ``mrd`` is the MRD pack.

    A result's value is the date of the event or censoring: final for an event and at the end of
    the time frame, provisional while follow-up goes on. HSCT and CAR T cells: the date, or NO.
    Pending (`not_randomized`); NE with a reason where the subject is no responder
    (`not_a_responder`), has an event before the origin (`event_before_origin`), or where a partial
    date decides (`partial_date`) or that of a death is missing (`death_date_missing`).
    """
    subject = Subject(facts, pack, mrd, milestones(facts, pack))
    told: dict[str, tuple[InputRef, ...]] = {}
    return tuple(_Derivation(subject, row, told).run() for row in pack.rows("endpoints"))


class _Derivation:
    def __init__(
        self,
        subject: Subject,
        endpoint: Mapping[str, Cell],
        told: dict[str, tuple[InputRef, ...]],
    ) -> None:
        self.subject = subject
        self.told = told
        self.pack = subject.pack
        self.endpoint = endpoint
        self.id = str(endpoint["id"])
        self.trace = Trace(self.id, subject.pack)

    def run(self) -> EndpointResult:
        known = self.subject.milestones
        self._look_at_all()
        if known.randomization.exists is not True:
            result = self.trace.result(None, "pending", reason="not_randomized")
            return EndpointResult(result, None)
        if self.endpoint["responders_only"] and not self._responds():
            exists = known.first_response.exists
            return self._ne("not_a_responder" if exists is False else "partial_date")
        origin = known.by_name(str(self.endpoint["origin"]))
        start = origin.span.exact
        if self.endpoint["origin"] == "day1" and origin.dated_by == "randomization":
            self.trace.note("never_dosed")
        if start is None:
            return self._ne("partial_date")
        found = self._ending(start)
        if found is None:
            return self._ne("partial_date")
        if found.day < start:
            return self._ne("event_before_origin")
        return self._row(start, str(origin.dated_by), found)

    def _responds(self) -> bool:
        first = self.subject.milestones.first_response
        self._try("responders_only", first)
        return first.exists is True

    def _ending(self, start: date) -> Ending | None:
        events = list(self._found("events", "event")) + list(self._found("competing", "competing"))
        seen = list(self._found("censoring", "last_seen"))
        limits = [self._horizon()]
        for rule in _texts(self.endpoint["ends_at"]):
            limits.append(Found(rule, occurrence(rule, self.subject), LIMIT_KINDS[rule]))
            self._try(rule, limits[-1].what)
        return ending(start, events, seen, limits)

    def _found(self, column: str, kind: Kind) -> Iterator[Found]:
        for rule in _texts(self.endpoint[column]):
            what = occurrence(rule, self.subject)
            self._try(rule, what)
            yield Found(rule, what, kind)

    def _horizon(self) -> Found:
        anchor = self.subject.milestones.by_name(str(self.endpoint["horizon_from"]))
        years = Period(years=int(str(self.endpoint["horizon_years"])))
        if anchor.exists is False:
            what = Occurrence(False)
        else:
            what = Occurrence(anchor.exists, anchor.span.plus(years))
        self.trace.try_rule("horizon", what.exists, _shown(what))
        return Found("horizon", what, "horizon")

    def _try(self, rule: str, what: Occurrence) -> None:
        self.trace.try_rule(rule, what.exists, *_words(what))

    def _look_at_all(self) -> None:
        """Every record that can change the result is an input, picked or not."""
        columns = ("events", "competing", "censoring", "ends_at")
        rules = [rule for column in columns for rule in _texts(self.endpoint[column])]
        rules += [str(self.endpoint["origin"]), str(self.endpoint["horizon_from"])]
        if self.endpoint["responders_only"]:
            rules.append("first_response")
        for form in frozenset().union(*(forms_read(rule) for rule in rules)):
            self.trace.look(*self._told(form))

    def _told(self, form: str) -> tuple[InputRef, ...]:
        """The items of a form's records; every endpoint of a subject looks at the same."""
        if form not in self.told:
            records = getattr(self.subject.facts, form)
            self.told[form] = tuple(ref for record in records for ref in record.told())
        return self.told[form]

    def _ne(self, reason: str) -> EndpointResult:
        if reason == "partial_date" and self.subject.milestones.undated_death:
            # The span of such a death is a guess: what is asked for is the date itself.
            reason = "death_date_missing"
            self.trace.note("query_death_date_missing")
        elif reason == "partial_date":
            self.trace.note("query_partial_date")
        return EndpointResult(self.trace.result(None, "ne", reason=reason), None)

    def _row(self, start: date, started_by: str, found: Ending) -> EndpointResult:
        if found.rule == "never_seen":
            self.trace.try_rule("never_seen", True)
        source = found.sources[0] if len(found.sources) == 1 else None
        row = EndpointRow(
            self.id,
            start,
            started_by,
            found.day,
            (found.day - start).days + self.pack.integer("day_of_origin"),
            found.kind,
            self._cnsr(found.kind),
            self._description(found.rule),
            found.rule,
            found.dated_by,
            *_triple(source),
        )
        status: Literal["final", "provisional"] = (
            "provisional" if found.kind in {"last_seen", "never_seen"} else "final"
        )
        proportion = self.endpoint["kind"] == "proportion"
        value = NO if proportion and found.kind != "event" else found.day
        result = self.trace.result(value, status, rule=found.rule)
        return EndpointResult(replace(result, details=tuple(row.to_json().items())), row)

    def _cnsr(self, kind: Kind) -> int:
        rows = self.pack.rows("censoring")
        return next(int(str(row["cnsr"])) for row in rows if row["ending"] == kind)

    def _description(self, rule: str) -> str:
        rows = self.pack.rows("descriptions")
        return next(str(row["words"]) for row in rows if row["id"] == rule)


def _texts(cell: Cell) -> tuple[str, ...]:
    if not isinstance(cell, tuple):
        raise TypeError("a column of rule ids holds a list")
    return tuple(str(each) for each in cell)


def _triple(source: Source | None) -> tuple[str | None, str | None, str | None]:
    if source is None:
        return None, None, None
    return source.form, source.item, source.record.record


def _words(what: Occurrence) -> Iterator[str]:
    for source in what.sources:
        when = getattr(source.record, source.item)
        yield f"{source.form} {source.record.record}: {source.item} {when.text}"
    if what.dated_by is not None and what.exists is not False:
        yield f"dated at {what.dated_by}: {what.span}"


def _shown(what: Occurrence) -> str:
    return "no date" if what.exists is False else str(what.span)
