"""Collection after a withdrawal from the study: new observations end, what was collected stays."""

from dataclasses import replace
from datetime import date

from services.assessments.domain.check_plan import plan_of
from services.assessments.domain.checks import item_values
from services.assessments.domain.faults import Fault
from services.assessments.domain.history import History
from services.assessments.domain.subject_state import SubjectState
from shared.study import StudyDefinition
from shared.study.dates import PartialDate
from shared.study.forms import Form
from shared.study.predicate import Truth, evaluate


def collection_faults(
    definition: StudyDefinition, state: SubjectState, history: History
) -> list[Fault]:
    """Why the latest version may not be collected: it is the first to say that the record was
    observed after the subject's withdrawal.

    ``state`` is the subject before the write. What was observed by the day of the withdrawal may
    still be entered, and everything that is there may be corrected (GDPR Art. 17(3)); but not by a
    date that would not have been taken. A date known in part is refused where every day that it
    may be lies after the withdrawal.
    """
    rule = definition.collection_ends
    if rule is None or history.form in rule.except_forms:
        return []
    form, ended = plan_of(definition).forms[history.form], ended_on(definition, state)
    if ended is None or not _after(form, history, ended):
        return []
    earlier = history.versions[:-1]
    if earlier and _after(form, replace(history, versions=earlier), ended):
        return []
    where = ("observed_on",) if form.date_item is None else ("items", form.date_item)
    words = "the subject has withdrawn: nothing observed later is collected"
    return [Fault(where, "after-withdrawal", words)]


def _after(form: Form, history: History, ended: date) -> bool:
    """Whether the record was observed after that day for certain."""
    if form.date_item is None:
        day = history.latest.observed_on
        return day is not None and day > ended
    kept = history.items().get(form.date_item)
    return (
        kept is not None and kept.text is not None and PartialDate.parse(kept.text).earliest > ended
    )


def ended_on(definition: StudyDefinition, state: SubjectState) -> date | None:
    """The day on which the subject's collection ended; None while it goes on."""
    rule = definition.collection_ends
    if rule is None:
        return None
    plan, thresholds = plan_of(definition), definition.thresholds_by_id()
    days = [
        each.latest.observed_on
        for each in state.of_forms([rule.form])
        if each.latest.observed_on is not None
        and (
            rule.where is None
            or evaluate(rule.where, item_values(plan, each), thresholds) is not Truth.FALSE
        )
    ]
    return min(days, default=None)
