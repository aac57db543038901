"""Up to which day an assessment counts for response."""

from collections.abc import Callable
from datetime import date

from services.assessments.domain.packs.calendar import new_therapies
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.response.assessment import day_of
from services.assessments.domain.packs.result import Result, Status, Trace


def settled(eot: Result) -> Status:
    """A response stays open to change until the end of treatment is known."""
    return "final" if eot.status == "final" else "provisional"


def stopped(eot: Result, trace: Trace) -> Result | None:
    """The result where end of treatment leaves nothing to judge; else None."""
    trace.look(*eot.inputs)
    trace.note(*(note for note in eot.notes if note == "never_dosed"))
    if eot.reason == "not_randomized":
        return trace.result(None, "pending", reason="not_randomized")
    if eot.reason == "died_before_eot":
        trace.try_rule("alive_at_end", False)
        return trace.result("NE", "ne", reason="died_before_eot", rule="alive_at_end")
    if eot.status == "ne":
        return trace.result("NE", "ne", reason="eot_unknown")
    return None


def counting_days(facts: SubjectFacts, eot: Result) -> Callable[[date], bool]:
    """Whether an assessment of a day counts: up to the end of treatment, before new therapy."""
    starts = [day_of(therapy.start_date) for therapy in new_therapies(facts)[0]]
    end = eot.value if isinstance(eot.value, date) else None

    def counts(day: date) -> bool:
        return (end is None or day <= end) and all(day < start for start in starts)

    return counts
