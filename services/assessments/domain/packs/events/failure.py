"""Treatment failure: no CR, CRp or CRi by the end of treatment, in both datings."""

from services.assessments.domain.packs.events.milestones import Milestones, milestones
from services.assessments.domain.packs.events.occurrences import Subject, forms_read, occurrence
from services.assessments.domain.packs.events.picking import Occurrence
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.result import Result, Status, Trace
from shared.rules.model import Pack

NO_FAILURE = "NO"


def treatment_failures(facts: SubjectFacts, pack: Pack, mrd: Pack) -> tuple[Result, ...]:
    """Treatment failure dated at randomization, and dated at the end of treatment.

    The value is the date, or NO for a responder. Pending (`not_randomized`, `eot_pending`) before
    the end of treatment; NE where nobody could tell (`not_assessed`: no adequate assessment;
    `died_before_eot`) or a partial date decides (`partial_date`).
    """
    subject = Subject(facts, pack, mrd, milestones(facts, pack))
    return tuple(
        _failure(subject, str(row["id"]), str(row["event"]))
        for row in pack.rows("treatment_failure")
    )


def _failure(subject: Subject, derivation: str, rule: str) -> Result:
    trace = Trace(derivation, subject.pack)
    known = subject.milestones
    what = occurrence(rule, subject)
    for form in forms_read(rule) | forms_read("death"):
        for record in getattr(subject.facts, form):
            trace.look(*record.told())
    if known.randomization.exists is False:
        return trace.result(None, "pending", reason="not_randomized")
    words = [f"end of treatment: {_shown(known.eot)}"]
    trace.try_rule("first_response", known.first_response.exists, _shown(known.first_response))
    if known.first_response.exists:
        # Before the end of treatment a new therapy may still come to lie before the response.
        status: Status = "final" if known.eot.exists else "provisional"
        return trace.result(NO_FAILURE, status, rule="first_response")
    trace.try_rule(rule, what.exists, *words)
    if what.exists and what.span.exact is not None:
        return trace.result(what.span.exact, "final", rule=rule)
    return _open(trace, known, what, rule)


def _open(trace: Trace, known: Milestones, what: Occurrence, rule: str) -> Result:
    if None in (what.exists, known.eot.exists, known.first_response.exists) or what.exists:
        trace.note("query_partial_date")
        return trace.result(None, "ne", reason="partial_date", rule=rule)
    if known.eot.exists:
        return trace.result(None, "ne", reason="not_assessed", rule=rule)
    if known.death.exists:
        return trace.result(None, "ne", reason="died_before_eot", rule=rule)
    return trace.result(None, "pending", reason="eot_pending", rule=rule)


def _shown(what: Occurrence) -> str:
    return "none" if what.exists is False else str(what.span)
