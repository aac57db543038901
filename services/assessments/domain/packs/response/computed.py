"""Response at the end of induction as computed from marrows, counts and extramedullary disease.

Functions here need full dates (`completions.for_every_completion` sees to that).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from services.assessments.domain.packs.calendar import day1_span
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.response.assessment import (
    Assessment,
    assessment_of,
    baseline,
    day_of_record,
)
from services.assessments.domain.packs.response.category import categorize, is_response
from services.assessments.domain.packs.response.window import counting_days, settled, stopped
from services.assessments.domain.packs.result import Result, Trace
from services.assessments.domain.packs.spans import Verdict3, some
from shared.rules.model import Pack


@dataclass(frozen=True, slots=True)
class _Judged:
    this: Assessment
    result: Result
    upgraded: bool = False

    @property
    def day(self) -> date:
        return day_of_record(self.this.marrow)


def computed_response(facts: SubjectFacts, eot: Result, pack: Pack) -> Result:
    """The best category of the marrows after Day 1, up to the end of treatment.

    Before end of treatment is known the result is provisional. NE reasons: those of `categorize`,
    `died_before_eot`, `no_marrow`, `eot_unknown`; pending: `no_marrow_yet`.
    """
    trace = Trace("response_computed", pack)
    judged = _judge(facts, eot, trace)
    if isinstance(judged, Result):
        return judged
    order = pack.texts("order")
    known = [each for each in judged if each.result.status == "final"]
    words = [f"{each.this.marrow.record} {each.day}: {each.result.value}" for each in judged]
    trace.try_rule("best", bool(known), *words)
    if not known:
        last = judged[-1].result
        _take(trace, last)
        return trace.result("NE", "ne", reason=last.reason, rule=last.rule)
    best = min(known, key=lambda each: (order.index(str(each.result.value)), each.day))
    _take(trace, best.result)
    if best.upgraded:
        trace.try_rule("count_recovery", True, best.this.count.record if best.this.count else "")
        trace.note("count_recovery_after_marrow")
    return trace.result(best.result.value, settled(eot), rule=best.result.rule)


def computed_responder(facts: SubjectFacts, eot: Result, pack: Pack) -> Result:
    """`yes` or `no`: whether any marrow up to the end of treatment is a response.

    Decided also where the category is not: blasts above the limit are no response whatever is
    missing besides.
    """
    trace = Trace("responder_computed", pack)
    judged = _judge(facts, eot, trace)
    if isinstance(judged, Result):
        return judged
    answers: list[Verdict3] = []
    for each in judged:
        answers.append(is_response(each.this, pack))
        trace.try_rule("responder", answers[-1], f"{each.this.marrow.record} {each.day}")
        trace.look(*each.result.inputs)
    answer = some(answers)
    if answer is None:
        reason = next(
            (e.result.reason for e, a in zip(judged, answers, strict=True) if a is None), None
        )
        return trace.result("NE", "ne", reason=reason or "undetermined", rule="responder")
    status = "final" if answer else settled(eot)
    return trace.result("yes" if answer else "no", status, rule="responder")


def computed_first_response(facts: SubjectFacts, eot: Result, pack: Pack) -> Result:
    """The date of the marrow that first meets CR, CRp or CRi.

    NE: `no_response`, `undetermined`. An earlier marrow that may have been a response leaves the
    date open.
    """
    trace = Trace("first_response_computed", pack)
    judged = _judge(facts, eot, trace)
    if isinstance(judged, Result):
        return replace(judged, value=None)
    for each in judged:
        trace.look(*each.result.inputs)
        answer = is_response(each.this, pack)
        trace.try_rule("first_response", answer, f"{each.this.marrow.record} {each.day}")
        if answer:
            return trace.result(each.day, "final", rule="first_response")
        if answer is None:
            trace.note("earlier_assessment_not_evaluable")
    return trace.result(None, "ne", reason="no_response", rule="first_response")


def _judge(facts: SubjectFacts, eot: Result, trace: Trace) -> list[_Judged] | Result:
    over = stopped(eot, trace)
    if over is not None:
        return over
    pack, counts_until = trace.pack, counting_days(facts, eot)
    start = day1_span(facts)
    if start is None or start.exact is None:
        return trace.result(None, "pending", reason="not_randomized")
    before = baseline(facts, start.exact, pack)
    judged = []
    for marrow in sorted(facts.marrow, key=lambda each: (day_of_record(each), each.record)):
        if day_of_record(marrow) > start.exact and counts_until(day_of_record(marrow)):
            this = assessment_of(facts, marrow, before, counts_until, pack)
            judged.append(_raised(facts, this, counts_until, pack))
    if judged:
        return judged
    if eot.status == "final":
        return trace.result("NE", "ne", reason="no_marrow", rule="best")
    return trace.result(None, "pending", reason="no_marrow_yet", rule="best")


def _raised(
    facts: SubjectFacts, this: Assessment, counts_until: Callable[[date], bool], pack: Pack
) -> _Judged:
    """The assessment with the counts that give the best category: recovery may come later."""
    judged = _Judged(this, categorize(this, pack))
    order = pack.texts("order")
    if judged.result.value not in pack.texts("responders"):
        return judged
    day = day_of_record(this.marrow)
    for count in facts.blood_count:
        if day < day_of_record(count) and counts_until(day_of_record(count)):
            later = replace(this, count=count)
            result = categorize(later, pack)
            better = result.status == "final" and (
                order.index(str(result.value)) < order.index(str(judged.result.value))
            )
            if better:
                judged = _Judged(later, result, upgraded=True)
    return judged


def _take(trace: Trace, result: Result) -> None:
    trace.tried.extend(result.tried)
    trace.look(*result.inputs)
    trace.note(*result.notes)
