"""What speaks for or against a recovery date and the start of consolidation (pack `eot`).

Nothing here changes a date: what does not fit is a flag, a query or a deviation.
"""

from datetime import date
from decimal import Decimal

from services.assessments.domain.packs.calendar import (
    date_of_day,
    day1_span,
    doses_given,
    last_dose_span,
)
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.records import BloodCount, NewTherapy
from services.assessments.domain.packs.result import Trace
from services.assessments.domain.packs.spans import Span, Verdict3, every, on_or_before, some
from services.assessments.domain.packs.values import meets
from shared.rules.model import Pack


def recovery_window(day1: date, pack: Pack) -> tuple[date, date, date]:
    """First day, target and last day on which recovery is due."""
    day, tolerance = pack.integer("recovery_day"), pack.integer("recovery_tolerance_days")
    return (
        date_of_day(day1, day - tolerance),
        date_of_day(day1, day),
        date_of_day(day1, day + tolerance),
    )


def check_recovery(facts: SubjectFacts, trace: Trace, recovery: Span | None) -> None:
    """Flags of a recovery date: outside its window, not supported by counts. It is kept."""
    day1 = day1_span(facts)
    if recovery is None or day1 is None:
        return
    pack = trace.pack
    first, _, _ = recovery_window(day1.earliest, pack)
    last = recovery_window(day1.latest, pack)[2]
    opens = Span(first, recovery_window(day1.latest, pack)[0])
    closes = Span(recovery_window(day1.earliest, pack)[2], last)
    inside = every([on_or_before(opens, recovery), on_or_before(recovery, closes)])
    words = (f"recovery {recovery}", f"window {opens} to {closes}")
    if trace.try_rule("recovery_window", inside, *words) is False:
        trace.note("deviation_recovery_outside_window")
    _check_counts(facts, trace, recovery)


def _check_counts(facts: SubjectFacts, trace: Trace, recovery: Span) -> None:
    pack = trace.pack
    reach = pack.integer("recovery_counts_days")
    near = Span(recovery.shifted(-reach).earliest, recovery.shifted(reach).latest)
    supports: list[Verdict3] = []
    for count in facts.blood_count:
        when = Span.of(count.sample_date)
        if not (near.earliest <= when.earliest and when.latest <= near.latest):
            continue
        trace.look(*count.refs("sample_date", "neutrophils", "platelets"))
        supports.append(_supports(count, pack))
    holds = some(supports) if supports else None
    trace.try_rule("recovery_counts", holds, f"counts near recovery: {len(supports)}")
    if not supports:
        trace.note("recovery_counts_missing")
    elif holds is not True:
        trace.note("query_recovery_not_supported_by_counts")


def check_consolidation(facts: SubjectFacts, trace: Trace, therapies: list[NewTherapy]) -> None:
    """Flag a consolidation that starts too soon after the last study dose."""
    last = last_dose_span(facts)
    if last is None:
        return
    limit = trace.pack.limit("consolidation_gap_days")
    # By date: the order in which records were entered shows in no trace.
    for therapy in sorted(therapies, key=lambda each: (Span.of(each.start_date), each.record)):
        if therapy.therapy_class != trace.pack.text("consolidation_class"):
            continue
        trace.look(therapy.ref("therapy_class"))
        for dose in doses_given(facts):
            trace.look(*dose.refs("dose_date", "given"))
        start = Span.of(therapy.start_date)
        gap = {(start.earliest - last.latest).days, (start.latest - last.earliest).days}
        fit = {limit.holds(Decimal(days)) for days in gap}
        fits = fit.pop() if len(fit) == 1 else None
        words = f"last dose {last}, consolidation {start}"
        if trace.try_rule("consolidation_gap", fits, words) is False:
            trace.note("deviation_consolidation_gap")


def _supports(count: BloodCount, pack: Pack) -> Verdict3:
    return every(
        [
            meets(count.neutrophils, pack.limit("recovery_neutrophils")),
            meets(count.platelets, pack.limit("recovery_platelets")),
        ]
    )
