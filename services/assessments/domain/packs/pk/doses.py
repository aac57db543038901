"""Checks of the doses given: window, interval, amount, length of the infusion.

Doses reveal the arm: so do these results as a whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Context, Decimal

from services.assessments.domain.packs.calendar import day1_span
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.pk.checks import verdict_value
from services.assessments.domain.packs.records import Dose
from services.assessments.domain.packs.result import Result, Trace
from services.assessments.domain.packs.spans import Span, Verdict3, every, on_or_before
from services.assessments.domain.packs.values import Censored
from services.assessments.domain.packs.windows import days_out, inside
from shared.rules.model import Cell, Limit, Pack

# Longer than any product of two numbers of a form and a pack: multiplication never rounds.
EXACT = Context(prec=120)
HUNDRED = Decimal(100)
SECONDS = Decimal(60)


@dataclass(frozen=True, slots=True)
class PlannedDose:
    """A dose given, the row of the plan it belongs to (None: more doses than planned)."""

    dose: Dose
    plan: Mapping[str, Cell] | None
    previous: Dose | None


def planned_doses(facts: SubjectFacts, pack: Pack) -> tuple[PlannedDose, ...]:
    """Doses of the product that were given, by date: by their visit, else by their number."""
    given = sorted(
        (dose for dose in facts.dosing if dose.given and dose.product == pack.text("product")),
        key=lambda dose: (Span.of(dose.dose_date), dose.record),
    )
    rows = pack.rows("doses")
    found = []
    for number, dose in enumerate(given):
        by_visit = [row for row in rows if row["visit"] == dose.visit]
        by_number = [rows[number]] if dose.visit is None and number < len(rows) else []
        plan = next(iter(by_visit or by_number), None)
        found.append(PlannedDose(dose, plan, given[number - 1] if number else None))
    return tuple(found)


def dose_checks(facts: SubjectFacts, pack: Pack) -> tuple[Result, ...]:
    """One result a dose: OK, OPEN where facts are missing, FLAGGED with the flags as notes."""
    return tuple(_dose(facts, pack, each) for each in planned_doses(facts, pack))


def _dose(facts: SubjectFacts, pack: Pack, planned: PlannedDose) -> Result:
    dose = planned.dose
    trace = Trace(f"dose:{dose.record}", pack)
    # Day 1 and the number of a dose rest on every dose.
    for record in (*facts.randomization, *facts.dosing):
        trace.look(*record.told())
    verdicts = [
        _window(facts, trace, planned),
        _interval(trace, planned),
        _amount(trace, planned),
        _length(trace, dose),
    ]
    return verdict_value(trace, verdicts)


def _window(facts: SubjectFacts, trace: Trace, planned: PlannedDose) -> Verdict3:
    day1 = day1_span(facts)
    if planned.plan is None:
        trace.note("query_dose_not_planned")
        return trace.try_rule("dose_window", False, "no planned dose")
    if day1 is None:
        return trace.try_rule("dose_window", None, "no day 1")
    when = Span.of(planned.dose.dose_date)
    least, most = days_out(planned.plan, day1, when)
    within = inside(least, most)
    if within is False:
        trace.note("deviation_dose_window")
    words = (f"dose {when}", f"planned day {planned.plan['day']}", f"day 1 {day1}")
    return trace.try_rule("dose_window", within, *words)


def _interval(trace: Trace, planned: PlannedDose) -> Verdict3:
    if planned.previous is None:
        return True
    before, now = Span.of(planned.previous.dose_date), Span.of(planned.dose.dose_date)
    enough = on_or_before(before.shifted(trace.pack.integer("minimum_interval_days")), now)
    if enough is False:
        trace.note("deviation_dose_interval")
    return trace.try_rule("dose_interval", enough, f"dose before {before}", f"dose {now}")


def _amount(trace: Trace, planned: PlannedDose) -> Verdict3:
    dose, pack = planned.dose, trace.pack
    if planned.plan is None or dose.amount is None or dose.amount_unit is None:
        return trace.try_rule("dose_amount", None, "no amount to compare")
    target = Decimal(str(planned.plan["amount"]))
    words = [
        f"given {dose.amount} {dose.amount_unit}",
        f"planned {target} {pack.text('dose_unit')}",
    ]
    if dose.amount_unit == pack.text("absolute_unit"):
        area = None if dose.body_surface_area is None else dose.body_surface_area.exact
        if area is None:
            return trace.try_rule("dose_amount", None, *words, "no body surface area")
        words.append(f"body surface area {area}")
        target = EXACT.multiply(target, area)
    elif dose.amount_unit != pack.text("dose_unit"):
        trace.note("query_dose_unit")
        return trace.try_rule("dose_amount", False, *words)
    near = _near(dose.amount, target, pack)
    if near is False:
        trace.note("query_dose_amount")
    return trace.try_rule("dose_amount", near, *words)


def _near(given: Censored, target: Decimal, pack: Pack) -> Verdict3:
    """Whether the amount lies within the tolerance of the target, both ends as the limit says."""
    limit = pack.limit("dose_tolerance")
    scaled = Censored(given.relation, EXACT.multiply(given.limit, HUNDRED), given.text)
    low = EXACT.multiply(target, HUNDRED - limit.value)
    high = EXACT.multiply(target, HUNDRED + limit.value)
    strict = limit.comparator == "lt"
    return every(
        [scaled.compare("gt" if strict else "ge", low), scaled.compare(limit.comparator, high)]
    )


def _length(trace: Trace, dose: Dose) -> Verdict3:
    if dose.start_time is None or dose.end_time is None:
        return trace.try_rule("infusion_length", None, "start or end of infusion not recorded")
    lasted = dose.end_time - dose.start_time
    planned = timedelta(minutes=trace.pack.integer("infusion_minutes"))
    fits = within_minutes(lasted - planned, trace.pack, "infusion_tolerance_minutes")
    if not fits:
        trace.note("query_infusion_length")
    return trace.try_rule("infusion_length", fits, f"lasted {lasted}")


def within_minutes(departure: timedelta, pack: Pack, tolerance: str) -> bool:
    """Whether a departure in time, either way, meets the tolerance."""
    limit = pack.limit(tolerance)
    seconds = Limit(limit.comparator, EXACT.multiply(limit.value, SECONDS))
    whole = abs(departure)
    exact = Decimal(whole.days * 86400 + whole.seconds) + Decimal(whole.microseconds).scaleb(-6)
    return seconds.holds(exact)


def of_visit_or_day(
    doses: Sequence[PlannedDose], visit: str | None, when: Span
) -> PlannedDose | None:
    """The dose that a sample belongs to: that of its visit, else that of its day."""
    for each in doses:
        if visit is not None and each.dose.visit == visit:
            return each
    same_day = [each for each in doses if Span.of(each.dose.dose_date) == when and when.exact]
    return same_day[0] if same_day else None
