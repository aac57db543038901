"""Collection after a withdrawal from the study: new observations end, what was collected stays."""

from datetime import date

from services.assessments.domain.check_plan import plan_of
from services.assessments.domain.checks import item_values
from services.assessments.domain.faults import Fault
from services.assessments.domain.history import History
from services.assessments.domain.subject_state import SubjectState
from shared.study import StudyDefinition
from shared.study.predicate import Truth, evaluate


def collection_faults(
    definition: StudyDefinition, state: SubjectState, history: History
) -> list[Fault]:
    """Why the record may not be collected: it is new and dated after the subject's withdrawal.

    ``state`` is the subject before the write. What was observed by the day of the withdrawal may
    still be entered, and everything that is there may be corrected (GDPR Art. 17(3)).
    """
    rule = definition.collection_ends
    if rule is None or len(history.versions) > 1 or history.form in rule.except_forms:
        return []
    ended, day = ended_on(definition, state), history.latest.observed_on
    if ended is None or day is None or day <= ended:
        return []
    form = plan_of(definition).forms[history.form]
    where = ("observed_on",) if form.date_item is None else ("items", form.date_item)
    words = "the subject has withdrawn: nothing observed later is collected"
    return [Fault(where, "after-withdrawal", words)]


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
