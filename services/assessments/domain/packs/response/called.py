"""Response as the investigator calls it, and which response feeds the endpoints."""

from dataclasses import replace

from services.assessments.domain.packs.calendar import randomization_span
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.records import InvestigatorResponse
from services.assessments.domain.packs.response.assessment import day_of
from services.assessments.domain.packs.response.window import counting_days, settled, stopped
from services.assessments.domain.packs.result import Result, Trace
from shared.rules.model import Pack


def investigator_response(facts: SubjectFacts, eot: Result, pack: Pack) -> Result:
    """The best response the investigator called from randomization to the end of treatment."""
    trace = Trace("response_investigator", pack)
    called = _called(facts, eot, trace)
    if isinstance(called, Result):
        return called
    order = pack.texts("order")
    known = [each for each in called if each.response in order]
    words = [f"{each.record} {each.assessment_date.text}: {each.response}" for each in called]
    trace.try_rule("investigator", bool(known), *words)
    if not known:
        if not called:
            trace.note("query_response_missing")
        reason = "not_evaluable" if called else "no_assessment"
        return trace.result("NE", "ne", reason=reason, rule="investigator")
    best = min(known, key=lambda each: order.index(each.response))
    return trace.result(best.response, settled(eot), rule="investigator")


def investigator_first_response(facts: SubjectFacts, eot: Result, pack: Pack) -> Result:
    """The date of the investigator's first CR, CRp or CRi up to the end of treatment."""
    trace = Trace("first_response_investigator", pack)
    called = _called(facts, eot, trace)
    if isinstance(called, Result):
        return replace(called, value=None)
    responders = pack.texts("responders")
    days = [day_of(each.assessment_date) for each in called if each.response in responders]
    rule = "investigator_first_response"
    trace.try_rule(rule, bool(days), *(str(day) for day in sorted(days)))
    if not days:
        return trace.result(None, "ne", reason="no_response", rule=rule)
    return trace.result(min(days), "final", rule=rule)


def chosen_response(computed: Result, investigator: Result, pack: Pack) -> Result:
    """The response that feeds the endpoints, by the pack's switch; a disagreement is a query.

    Nothing is overwritten: both results stay beside it.
    """
    feeds = _source(computed, investigator, pack)
    notes = set(feeds.notes)
    both = {computed.value, investigator.value} - {None, "NE"}
    if len(both) > 1:
        notes.add("query_response_disagrees")
    notes.add(f"response_by_{pack.text('p1_response')}")
    return replace(feeds, derivation="response", notes=tuple(sorted(notes)))


def chosen_first_response(computed: Result, investigator: Result, pack: Pack) -> Result:
    """The date of first response that feeds the endpoints, by the pack's switch."""
    return replace(_source(computed, investigator, pack), derivation="first_response")


def _source(computed: Result, investigator: Result, pack: Pack) -> Result:
    sources: dict[str, Result] = {"computed": computed, "investigator": investigator}
    return sources[pack.text("p1_response")]


def _called(facts: SubjectFacts, eot: Result, trace: Trace) -> list[InvestigatorResponse] | Result:
    over = stopped(eot, trace)
    if over is not None:
        return over
    counts, start = counting_days(facts, eot), randomization_span(facts)
    found = [
        each
        for each in facts.response
        if counts(day_of(each.assessment_date))
        and (start is None or day_of(each.assessment_date) >= start.earliest)
    ]
    for each in found:
        trace.look(*each.refs("assessment_date", "response"))
    if not found and eot.status != "final":
        return trace.result(None, "pending", reason="no_assessment_yet", rule="investigator")
    return sorted(found, key=lambda each: (day_of(each.assessment_date), each.record))
