"""How severe suspected sinusoidal obstruction syndrome is, by the EBMT scale for children."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import cast

from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.records import SosObservation
from services.assessments.domain.packs.result import Result, Trace
from services.assessments.domain.packs.sos.alert import contributing, ebmt_alert, judged_days
from services.assessments.domain.packs.sos.course import EXACT, Course
from services.assessments.domain.packs.sos.criteria import Looked, explained, refractory
from services.assessments.domain.packs.spans import Verdict3
from services.assessments.domain.packs.values import Censored
from shared.rules.model import Comparator, Limit, Pack

SEVERE, VERY_SEVERE = "SEVERE", "VERY_SEVERE"


@dataclass(frozen=True, slots=True)
class Graded:
    """The category that one item of one day reaches."""

    item: str
    category: str
    starred: bool
    words: str


def ebmt_severity(facts: SubjectFacts, pack: Pack) -> Result:
    """MILD, MODERATE, SEVERE or VERY_SEVERE: the worst since the signs of the alert began.

    NE: `no_alert`; `no_observations` where no item of the scale was observed since. Provisional:
    the course may get worse. Note `predicts_severe_course` where bilirubin doubled.
    """
    trace = Trace("sos_severity", pack)
    alert = ebmt_alert(facts, pack)
    trace.look(*alert.inputs)
    if not isinstance(alert.value, date):
        return trace.result(None, "ne", reason="no_alert")
    course = Course.of(facts)
    start = _signs_began(course, pack, alert.value)
    graded = [
        grade
        for day in course.days
        if day >= start and not explained(course, day, Looked())
        for grade in _grades_of(course, day, pack, trace)
    ]
    if not graded:
        return trace.result(None, "ne", reason="no_observations")
    return _worst(trace, graded)


def _signs_began(course: Course, pack: Pack, alert: date) -> date:
    window = timedelta(days=pack.integer("ebmt_concurrent_days") - 1)
    judged = judged_days(course, pack, "ebmt_criteria", course.days)
    return contributing(judged, alert - window, alert)[0].day


def _worst(trace: Trace, graded: Sequence[Graded]) -> Result:
    pack = trace.pack
    ranks = {str(row["id"]): int(str(row["rank"])) for row in pack.rows("categories")}
    worst = max(graded, key=lambda each: ranks[each.category])
    reached = [each.words for each in graded if each.category == worst.category]
    trace.try_rule("severity_worst", True, *sorted(set(reached)))
    criteria = {str(row["item"]): str(row["criterion"]) for row in pack.rows("severity_criteria")}
    starred = {
        criteria[each.item]
        for each in graded
        if each.starred and ranks[each.category] >= ranks[SEVERE]
    }
    upgraded = pack.limit("upgrade_needed").holds(Decimal(len(starred)))
    trace.try_rule("severity_upgrade", upgraded, *sorted(starred))
    if upgraded:
        return trace.result(VERY_SEVERE, "provisional", rule="severity_upgrade")
    return trace.result(worst.category, "provisional", rule="severity_worst")


def _grades_of(course: Course, day: date, pack: Pack, trace: Trace) -> Iterator[Graded]:
    for entry in course.on(day):
        for item in _items(pack, "severity_numbers"):
            value = getattr(entry, item, None)
            if isinstance(value, Censored):
                in_mg_dl = item == "bilirubin" and entry.bilirubin_unit == "mg/dL"
                yield from _number(item, value, pack, entry.record, in_mg_dl=in_mg_dl)
        yield from _codes(entry, pack)
    run = _refractory_days(course, day, pack)
    if run:
        yield from _number("refractory_days", Censored.exactly(run), pack, day.isoformat())
    if _doubled(course, day, pack):
        trace.try_rule("bilirubin_doubling", True, day.isoformat())
        trace.note("predicts_severe_course")


def _number(
    item: str, value: Censored, pack: Pack, where: str, *, in_mg_dl: bool = False
) -> Iterator[Graded]:
    """The first limit that a value meets, from the worst down; nothing past one that is open."""
    for row in pack.rows("severity_numbers"):
        if row["item"] != item:
            continue
        met = value.meets(_limit(row, in_mg_dl=in_mg_dl))
        if met is not False:
            if met:
                words = f"{where}: {item} {value}"
                yield Graded(item, str(row["category"]), row["starred"] is True, words)
            return


def _limit(row: Mapping[str, object], *, in_mg_dl: bool) -> Limit:
    comparator = cast("Comparator", row["comparator"])
    limit = row["limit_mg_dl"] if in_mg_dl else row["limit"]
    return Limit(comparator, Decimal(str(limit)), str(row["unit"]))


def _codes(entry: SosObservation, pack: Pack) -> Iterator[Graded]:
    for row in pack.rows("severity_codes"):
        item = str(row["item"])
        value = getattr(entry, item)
        code = "yes" if value is True else value
        if code == row["code"]:
            words = f"{entry.record}: {item} {code}"
            yield Graded(item, str(row["category"]), row["starred"] is True, words)


def _items(pack: Pack, table: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(row["item"]) for row in pack.rows(table)))


def _refractory_days(course: Course, day: date, pack: Pack) -> int:
    """How many days in a row, up to this one, thrombocytopenia was refractory."""
    run = 0
    while refractory(course, day - timedelta(days=run), pack, Looked()):
        run += 1
    return run


def _doubled(course: Course, day: date, pack: Pack) -> Verdict3:
    now = course.reading("bilirubin", day)
    if now is None:
        return None
    factor = pack.limit("doubling_factor")
    since = day - timedelta(days=pack.integer("doubling_days"))
    for earlier in course.earlier("bilirubin", day):
        base = earlier.value.exact
        if earlier.day < since or base is None or base == 0:
            continue
        if now.value.compare(factor.comparator, EXACT.multiply(base, factor.value)):
            return True
    return False
