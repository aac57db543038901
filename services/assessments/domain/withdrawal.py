"""Collection after a withdrawal from the study: new observations end, what was collected stays."""

from dataclasses import replace
from datetime import date, datetime

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
    """Why the latest version may not be collected: it is the first to write a date that lies after
    the subject's withdrawal.

    ``state`` is the subject before the write. What was observed by the day of the withdrawal may
    still be entered, and everything that is there may be corrected (GDPR Art. 17(3)); but not by a
    date that would not have been taken. A date known in part is refused where every day that it
    may be lies after the withdrawal.
    """
    rule = definition.collection_ends
    if rule is None or history.form in rule.except_forms:
        return []
    form, ended = plan_of(definition).forms[history.form], ended_on(definition, state)
    if ended is None:
        return []
    words = "the subject has withdrawn: nothing observed later is collected"
    return [
        Fault(where, "after-withdrawal", words)
        for where, day in _written(form, history)
        if day > ended and not _was_after(form, history, where, ended)
    ]


def _was_after(form: Form, history: History, where: tuple[str, ...], ended: date) -> bool:
    """Whether the same date lay after the withdrawal already: it was told before it."""
    earlier = history.versions[:-1]
    before = _dates(form, replace(history, versions=earlier)) if earlier else {}
    return where in before and before[where] > ended


def _written(form: Form, history: History) -> list[tuple[tuple[str, ...], date]]:
    """The dates that the latest version writes, each as the first day that it may be."""
    changed = {("items", item) for item in history.latest.changes}
    return [
        (where, day)
        for where, day in _dates(form, history).items()
        if where in changed or where == _OBSERVED
    ]


def _dates(form: Form, history: History) -> dict[tuple[str, ...], date]:
    """Every date of the record by its place; the record's own where no item dates it."""
    found: dict[tuple[str, ...], date] = {}
    if form.date_item is None and history.latest.observed_on is not None:
        found[_OBSERVED] = history.latest.observed_on
    kept = history.items()
    for item in form.items:
        text = None if item.id not in kept else kept[item.id].text
        if text is not None and item.type in {"date", "partial_date"}:
            found["items", item.id] = PartialDate.parse(text).earliest
        elif text is not None and item.type == "datetime":
            found["items", item.id] = datetime.fromisoformat(text).date()
    return found


_OBSERVED = ("observed_on",)


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
