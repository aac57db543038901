"""Day 1 and end of treatment (pack `eot`).

End of treatment is a rule over two dates, not a visit: recovery from the one cycle, or the day
before new anticancer therapy starts, whichever is first. Dates are the site's calendar dates.
"""

from datetime import date

from services.assessments.domain.packs.calendar import (
    day1_span,
    death_span,
    deaths,
    doses_given,
    first_dose_span,
    new_therapies,
    randomization_span,
)
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.records import NewTherapy
from services.assessments.domain.packs.recovery import (
    check_consolidation,
    check_recovery,
    recovery_window,
)
from services.assessments.domain.packs.result import Result, Trace
from services.assessments.domain.packs.spans import (
    Span,
    Verdict3,
    before,
    first_of,
    negation,
    on_or_before,
)
from shared.rules.model import Pack


def day_one(facts: SubjectFacts, pack: Pack) -> Result:
    """Day 1: the first dose given, or randomization where never dosed (note `never_dosed`).

    Pending (`not_randomized`) where there is neither; NE (`partial_date`) where a partial date
    leaves it open.
    """
    trace = Trace("day1", pack)
    doses = doses_given(facts)
    for dose in doses:
        trace.look(*dose.refs("dose_date", "given"))
    dosed = first_dose_span(facts)
    trace.try_rule("first_dose", dosed is not None, f"doses given: {len(doses)}")
    rule, span = "first_dose", dosed
    if dosed is None:
        trace.note("never_dosed")
        rule, span = "randomization", randomization_span(facts)
        for entry in facts.randomization:
            trace.look(entry.ref("randomization_date"))
        trace.try_rule("randomization", span is not None)
    if span is None:
        return trace.result(None, "pending", reason="not_randomized")
    return _dated(trace, span, rule)


def eot_span(facts: SubjectFacts) -> Span | None:
    """The days on which end of treatment may lie; None where neither recovery nor new therapy."""
    recovery = _recovery(facts)
    certain, possible = new_therapies(facts)
    sure = [span for span in (recovery, *_days_before(certain)) if span is not None]
    perhaps = [*sure, *_days_before(possible)]
    if not sure:
        return None
    return Span(first_of(perhaps).earliest, first_of(sure).latest)


def end_of_treatment(facts: SubjectFacts, pack: Pack, as_of: date | None = None) -> Result:
    """End of treatment.

    `as_of` is the day on which the question is asked, and only tells whether what is missing is
    overdue. Reasons: `not_yet_due`, `eot_missing` (pending), `died_before_eot`, `partial_date`.
    """
    trace = Trace("eot", pack)
    certain, possible = new_therapies(facts)
    for entry in facts.end_of_treatment:
        trace.look(entry.ref("recovery_date"))
    for therapy in (*certain, *possible):
        trace.look(therapy.ref("start_date"))
    if day1_span(facts) is not None and first_dose_span(facts) is None:
        trace.note("never_dosed")
    recovery, span = _recovery(facts), eot_span(facts)
    dead = _died_first(facts, trace, span)
    if dead:
        return trace.result(None, "ne", reason="died_before_eot", rule="alive_at_end")
    if span is None:
        return _undated(facts, trace, as_of, dead, bool(possible))
    check_recovery(facts, trace, recovery)
    check_consolidation(facts, trace, certain)
    therapy_days = first_of(_days_before(certain)) if certain else None
    recovered_first = _recovery_first(recovery, therapy_days)
    trace.try_rule("recovery", recovered_first, *_shown(recovery, therapy_days))
    trace.try_rule(
        "day_before_new_therapy",
        negation(recovered_first),
        *_shown(recovery, therapy_days),
    )
    if dead is None:
        trace.note("query_partial_date")
        return trace.result(None, "ne", reason="partial_date", rule="alive_at_end")
    return _dated(trace, span, "recovery" if recovered_first else "day_before_new_therapy")


def _dated(trace: Trace, span: Span, rule: str) -> Result:
    when = span.exact
    trace.try_rule("partial_date", when is not None, str(span))
    if when is None:
        trace.note("query_partial_date")
        return trace.result(None, "ne", reason="partial_date", rule="partial_date")
    return trace.result(when, "final", rule=rule)


def _undated(
    facts: SubjectFacts, trace: Trace, as_of: date | None, dead: Verdict3, possible: bool
) -> Result:
    day1 = day1_span(facts)
    if dead is None or possible:
        trace.note("query_partial_date")
        return trace.result(None, "ne", reason="partial_date", rule="partial_date")
    if day1 is None:
        return trace.result(None, "pending", reason="not_randomized")
    closes = recovery_window(day1.latest, trace.pack)[2]
    overdue = None if as_of is None else as_of > closes
    trace.try_rule("window_closed", overdue, f"window closes {closes}")
    if overdue is False:
        return trace.result(None, "pending", reason="not_yet_due", rule="window_closed")
    if overdue:
        trace.note("query_eot_missing")
    return trace.result(None, "pending", reason="eot_missing", rule="window_closed")


def _died_first(facts: SubjectFacts, trace: Trace, span: Span | None) -> Verdict3:
    """Whether the child died before end of treatment could be."""
    death = death_span(facts)
    for contact in deaths(facts):
        trace.look(*contact.refs("status", "death_date"))
    if not deaths(facts):
        return False
    died: Verdict3 = span is None
    if death is not None and span is not None:
        died = before(death, span)
        if died is not False:
            trace.note("query_date_after_death")
    trace.try_rule("alive_at_end", negation(died), f"death {death or 'on an unknown date'}")
    return died


def _recovery(facts: SubjectFacts) -> Span | None:
    found = [
        Span.of(entry.recovery_date)
        for entry in facts.end_of_treatment
        if entry.recovery_date is not None
    ]
    return first_of(found) if found else None


def _days_before(therapies: list[NewTherapy]) -> list[Span]:
    return [Span.of(therapy.start_date).shifted(-1) for therapy in therapies]


def _recovery_first(recovery: Span | None, therapy: Span | None) -> Verdict3:
    if recovery is None:
        return False
    return True if therapy is None else on_or_before(recovery, therapy)


def _shown(recovery: Span | None, therapy: Span | None) -> tuple[str, str]:
    return (
        f"recovery {recovery or 'none'}",
        f"day before new therapy {therapy or 'none'}",
    )
