"""MRD persistence before HSCT, an event of event-free survival and of duration of response."""

from datetime import date

from services.assessments.domain.packs.calendar import randomization_span
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.mrd.sample import by_sample
from services.assessments.domain.packs.result import Result, Trace
from services.assessments.domain.packs.spans import Span
from shared.rules.model import Pack

NONE = "NONE"
"""The value where there is no persistence."""


def mrd_persistence(facts: SubjectFacts, eot: Result, pack: Pack) -> Result:
    """The date of the last evaluable sample from end of treatment to the day before HSCT where it
    is positive, else `NONE`.

    NE: `mrd_missing` (HSCT without evaluable MRD before it), `eot_unknown`. Full dates only.
    """
    trace = Trace("mrd_persistence", pack)
    trace.look(*eot.inputs)
    start = randomization_span(facts)
    for transplant in facts.hsct:
        trace.look(transplant.ref("transplant_date"))
    transplants = [
        Span.of(each.transplant_date).earliest
        for each in facts.hsct
        if start is None or Span.of(each.transplant_date).earliest >= start.earliest
    ]
    if trace.try_rule("no_hsct", not transplants):
        # A transplant may still come.
        return trace.result(NONE, "provisional", rule="no_hsct")
    end = eot.value
    if not isinstance(end, date):
        return trace.result(None, "ne", reason="eot_unknown", rule="persistent")
    hsct = min(transplants)
    between = [
        each
        for each in by_sample(facts.mrd, pack)
        if end <= Span.of(each.sample_date).earliest < hsct
    ]
    for each in between:
        trace.look(*each.result.inputs)
    words = [f"{e.sample_id} {e.sample_date.text}: {e.result.value}" for e in between]
    evaluable = [(each.row, each) for each in between if each.row is not None]
    if not evaluable:
        trace.try_rule("persistent", None, *words)
        reason = str(between[-1].result.reason) if between else "mrd_missing"
        return trace.result(None, "ne", reason=reason, rule="persistent")
    # Of two samples of one day the one whose record is last: as analytics picks it.
    row, last = max(evaluable, key=lambda pair: (pair[0].sample_date.earliest, pair[0].record))
    positive = last.result.value == "POSITIVE"
    trace.try_rule("persistent", positive, *words, f"HSCT {hsct}")
    value = row.sample_date.earliest if positive else NONE
    return trace.result(value, "final", rule="persistent")
