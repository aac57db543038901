"""Whether criteria of sinusoidal obstruction syndrome are met, and since when.

An alert to people who look after safety, with its inputs; never a diagnosis.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.result import Result, Trace
from services.assessments.domain.packs.sos.course import Course
from services.assessments.domain.packs.sos.criteria import Looked, explained, judge
from services.assessments.domain.packs.spans import Span, Verdict3, some
from services.assessments.domain.packs.values import at_least
from shared.rules.model import Pack

NOT_MET = "NOT_MET"


@dataclass(frozen=True, slots=True)
class Judged:
    """One day: the verdict on each criterion, and on each rule with what it looked at."""

    day: date
    criteria: Mapping[str, Verdict3]
    rules: tuple[tuple[str, str, Verdict3, Looked], ...]
    explained: bool
    cause: Looked


def ebmt_alert(facts: SubjectFacts, pack: Pack) -> Result:
    """The first day on which the EBMT paediatric criteria are met, else NOT_MET.

    NE (`no_observations`) without any observation. Notes: `cannot_exclude` where open answers
    could still make an alert, `baseline_missing`, `query_partial_date`.
    """
    trace = Trace("sos_ebmt", pack)
    course = Course.of(facts)
    window = timedelta(days=pack.integer("ebmt_concurrent_days") - 1)

    def since(day: date) -> date:
        return day - window

    judged = judged_days(course, pack, "ebmt_criteria", course.days)
    return _first_day(trace, course, judged, since, ("ebmt_needed", "ebmt_paediatric"))


def seattle_alert(facts: SubjectFacts, pack: Pack) -> Result:
    """The first day on which the modified Seattle criteria are met after HSCT, else NOT_MET.

    NE: `no_hsct`, `no_observations` (within the days that count), `partial_date` (of HSCT).
    """
    trace = Trace("sos_seattle", pack)
    course = Course.of(facts)
    for entry in facts.hsct:
        trace.look(entry.ref("transplant_date"))
    if not facts.hsct:
        return trace.result(None, "ne", reason="no_hsct")
    known = [Span.of(entry.transplant_date).exact for entry in facts.hsct]
    limit = pack.integer("seattle_days")
    for hsct in sorted(day for day in known if day is not None):
        days = [day for day in course.days if 0 <= (day - hsct).days <= limit]
        judged = judged_days(course, pack, "seattle_criteria", days)
        found = _first_day(
            Trace("sos_seattle", pack, inputs=set(trace.inputs)),
            course,
            judged,
            _always(hsct),
            ("seattle_needed", "modified_seattle"),
        )
        if isinstance(found.value, date):
            return found
    if None in known:
        trace.note("query_partial_date")
        return trace.result(None, "ne", reason="partial_date")
    return found


def _always(start: date) -> Callable[[date], date]:
    return lambda _day: start


def judged_days(course: Course, pack: Pack, table: str, days: Sequence[date]) -> tuple[Judged, ...]:
    """Every day with the verdicts on the criteria of the table."""
    rules = {str(row["criterion"]): _names(row["rules"]) for row in pack.rows(table)}
    return tuple(_judged(course, day, pack, rules) for day in days)


def contributing(judged: Sequence[Judged], first: date, last: date) -> tuple[Judged, ...]:
    """The days of a span on which a criterion is met."""
    return tuple(
        each for each in judged if first <= each.day <= last and True in each.criteria.values()
    )


def _judged(course: Course, day: date, pack: Pack, rules: Mapping[str, tuple[str, ...]]) -> Judged:
    cause = Looked()
    other = explained(course, day, cause) is True
    found = tuple(judge(course, day, pack, rules))
    criteria = {
        criterion: False
        if other
        else some(verdict for name, _, verdict, _ in found if name == criterion)
        for criterion in rules
    }
    return Judged(day, criteria, found, other, cause)


def _first_day(
    trace: Trace,
    course: Course,
    judged: Sequence[Judged],
    since: Callable[[date], date],
    names: tuple[str, str],
) -> Result:
    needed, rule = trace.pack.integer(names[0]), names[1]
    for record in (*course.undated, *(entry for _, entry in course.observations)):
        trace.look(*record.told())
    if course.undated:
        trace.note("query_partial_date")
    if not judged:
        return trace.result(None, "ne", reason="no_observations")
    possible = False
    for today in judged:
        met = _met(judged, since(today.day), today.day)
        enough = at_least(needed, met.values())
        if enough:
            _tell(trace, contributing(judged, since(today.day), today.day))
            names_met = (f"{name}: {_WORDS[holds]}" for name, holds in met.items())
            trace.try_rule(rule, True, f"{today.day.isoformat()}", *names_met)
            return trace.result(today.day, "final", rule=rule)
        possible = possible or enough is None
    _tell(trace, judged)
    if possible or course.undated:
        trace.note("cannot_exclude")
    trace.try_rule(rule, None if possible else False)
    return trace.result(NOT_MET, "provisional", rule=rule)


_WORDS: Mapping[Verdict3, str] = {True: "met", False: "not met", None: "open"}


def _met(judged: Sequence[Judged], first: date, last: date) -> dict[str, Verdict3]:
    """Each criterion: met on some day of the span."""
    days = [each for each in judged if first <= each.day <= last]
    return {name: some(each.criteria[name] for each in days) for name in days[-1].criteria}


def _tell(trace: Trace, judged: Sequence[Judged]) -> None:
    """One verdict a rule over the days, with the days on which it holds or is open."""
    causes = [each for each in judged if each.explained]
    if causes:
        trace.try_rule("other_causes", True, *(each.day.isoformat() for each in causes))
    verdicts: dict[str, list[tuple[date, Verdict3, Looked]]] = {}
    for each in judged:
        for _, rule, holds, looked in each.rules:
            verdicts.setdefault(rule, []).append((each.day, holds, looked))
            if holds:
                trace.note(*looked.notes)
    for rule, found in verdicts.items():
        holds = some(verdict for _, verdict, _ in found)
        shown = [
            f"{day.isoformat()} {'; '.join(looked.words)}"
            for day, verdict, looked in found
            if verdict is holds and looked.words
        ]
        trace.try_rule(rule, holds, *shown)


def _names(cell: object) -> tuple[str, ...]:
    if not isinstance(cell, tuple):
        raise TypeError("a column of rule ids holds a list")
    return tuple(str(each) for each in cell)
