"""The criteria of one day: EBMT for children, and modified Seattle."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from services.assessments.domain.packs.records import SosObservation
from services.assessments.domain.packs.sos.course import Course, any_true, gains, rising
from services.assessments.domain.packs.spans import Verdict3, every, negation, some
from services.assessments.domain.packs.values import Censored
from shared.rules.model import Limit, Pack


@dataclass(slots=True)
class Looked:
    """What a criterion looked at: words for the trace, flags."""

    words: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def at(self, entry: SosObservation, item: str) -> None:
        """Remember an item of an observation."""
        self.words.append(f"{entry.record}: {item} {_plain(getattr(entry, item))}")


Criterion = Callable[[Course, date, Pack, Looked], Verdict3]


def judge(
    course: Course, day: date, pack: Pack, rules: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, str, Verdict3, Looked]]:
    """Criterion, rule, verdict and what was looked at, for every rule of the set."""
    for criterion, members in rules.items():
        for rule in members:
            looked = Looked()
            yield criterion, rule, _RULES[rule](course, day, pack, looked), looked


def explained(course: Course, day: date, looked: Looked) -> Verdict3:
    """Whether another cause explains the day's signs. Not stated counts as not explained."""
    told = course.told("other_cause", day)
    for entry in told:
        looked.at(entry, "other_cause")
    return any_true(told, "other_cause") or False


def refractory(course: Course, day: date, pack: Pack, looked: Looked) -> Verdict3:
    """Said so by the site, or enough transfusions on the day; the site's no stands."""
    said = course.told("refractory", day)
    for entry in said:
        looked.at(entry, "refractory")
    if said:
        return any_true(said, "refractory")
    given = course.told("platelet_transfusions", day)
    for entry in given:
        looked.at(entry, "platelet_transfusions")
    if not given:
        return None
    total = sum(entry.platelet_transfusions or 0 for entry in given)
    return Censored.exactly(total).meets(pack.limit("transfusions_a_day"))


def _weight_gain(limit: str) -> Criterion:
    def gained(course: Course, day: date, pack: Pack, looked: Looked) -> Verdict3:
        now = course.reading("weight", day)
        base = course.baseline("weight", day)
        if now is None:
            return None
        looked.at(now.record, "weight")
        if base is None or base.weight is None:
            looked.notes.append("baseline_missing")
            return None
        looked.at(base, "weight")
        return gains(now.value, base.weight, pack.limit(limit))

    return gained


def _weight_rising(course: Course, day: date, pack: Pack, looked: Looked) -> Verdict3:
    days = pack.integer("rising_days")
    treated: list[Verdict3] = []
    for back in range(days):
        told = course.told("diuretics", day - timedelta(days=back))
        for entry in told:
            looked.at(entry, "diuretics")
        treated.append(any_true(told, "diuretics"))
    _look_back(course, "weight", day, days, looked)
    return every([rising(course, "weight", day, days), *treated])


def _hepatomegaly(course: Course, day: date, pack: Pack, looked: Looked) -> Verdict3:
    told = course.told("hepatomegaly", day)
    for entry in told:
        looked.at(entry, "hepatomegaly")
    present = any_true(told, "hepatomegaly")
    if not present:
        return present
    base = course.baseline("hepatomegaly", day)
    if base is None:
        return _unknown_baseline(pack, looked)
    looked.at(base, "hepatomegaly")
    # A liver that was large before may be larger now: the answer yes cannot tell.
    return None if base.hepatomegaly else True


def _ascites(course: Course, day: date, pack: Pack, looked: Looked) -> Verdict3:
    told = course.told("ascites", day)
    for entry in told:
        looked.at(entry, "ascites")
    if not told:
        return None
    ranks = {str(row["code"]): int(str(row["rank"])) for row in pack.rows("ascites_order")}
    now = max(ranks[str(entry.ascites)] for entry in told)
    if now == min(ranks.values()):
        return False
    base = course.baseline("ascites", day)
    if base is None:
        return _unknown_baseline(pack, looked)
    looked.at(base, "ascites")
    return now > ranks[str(base.ascites)]


def _unknown_baseline(pack: Pack, looked: Looked) -> Verdict3:
    looked.notes.append("baseline_missing")
    return True if pack.switch("unknown_baseline_counts") else None


def _bilirubin_rising(course: Course, day: date, pack: Pack, looked: Looked) -> Verdict3:
    days = pack.integer("rising_days")
    _look_back(course, "bilirubin", day, days, looked)
    return rising(course, "bilirubin", day, days)


def _bilirubin_reached(course: Course, day: date, pack: Pack, looked: Looked) -> Verdict3:
    """At the limit now, and below it within the time or, unmeasured then, when last measured."""
    now = course.reading("bilirubin", day)
    if now is None:
        return None
    looked.at(now.record, "bilirubin")
    high = now.value.meets(_bilirubin_limit(pack, "ebmt_bilirubin", now.record))
    before = course.earlier("bilirubin", day)
    if high is False or not before:
        # Nothing tells where it came from: a first value above the limit may always have been.
        return high if high is False else None
    since = day - timedelta(days=pack.integer("bilirubin_within_days"))
    recent = [each for each in before if each.day >= since] or [before[-1]]
    for each in recent:
        looked.at(each.record, "bilirubin")
    low = some(
        negation(each.value.meets(_bilirubin_limit(pack, "ebmt_bilirubin", each.record)))
        for each in recent
    )
    return every([high, low])


def _seattle_bilirubin(course: Course, day: date, pack: Pack, looked: Looked) -> Verdict3:
    now = course.reading("bilirubin", day)
    if now is None:
        return None
    looked.at(now.record, "bilirubin")
    return now.value.meets(_bilirubin_limit(pack, "seattle_bilirubin", now.record))


def _bilirubin_limit(pack: Pack, name: str, record: SosObservation) -> Limit:
    """The limit in the unit that was reported: 2 mg/dL and 34 umol/L are not the same."""
    return pack.limit(f"{name}_mg_dl" if record.bilirubin_unit == "mg/dL" else name)


def _seattle_liver(course: Course, day: date, _pack: Pack, looked: Looked) -> Verdict3:
    answers: list[Verdict3] = []
    for item in ("hepatomegaly", "right_upper_quadrant_pain"):
        told = course.told(item, day)
        for entry in told:
            looked.at(entry, item)
        answers.append(any_true(told, item))
    return some(answers)


def _look_back(course: Course, item: str, day: date, days: int, looked: Looked) -> None:
    for back in range(days, -1, -1):
        found = course.reading(item, day - timedelta(days=back))
        if found is not None:
            looked.at(found.record, item)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


_RULES: Mapping[str, Criterion] = {
    "refractory_thrombocytopenia": refractory,
    "weight_over_baseline": _weight_gain("ebmt_weight_gain"),
    "weight_rising": _weight_rising,
    "hepatomegaly": _hepatomegaly,
    "ascites": _ascites,
    "bilirubin_rising": _bilirubin_rising,
    "bilirubin_within_72_hours": _bilirubin_reached,
    "seattle_bilirubin": _seattle_bilirubin,
    "seattle_liver": _seattle_liver,
    "seattle_weight": _weight_gain("seattle_weight_gain"),
}
