"""Whether a recorded adverse event is serious, by the words of the study definition."""

from collections.abc import Mapping

from services.assessments.domain.items import typed
from services.assessments.domain.kept import Kept
from shared.study import StudyDefinition
from shared.study.forms import Form
from shared.study.predicate import Truth, evaluate
from shared.study.safety import Safety, SiteClock
from shared.study.values import Value


def is_serious(definition: StudyDefinition, form: Form, kept: Mapping[str, Kept]) -> bool:
    """True for the study's adverse event form where the record says that the event is serious.

    It says so by a criterion of seriousness (ICH E2A) that is met, or by starting a clock that runs
    from the site's awareness: an investigator who calls an event serious and ticks no criterion
    must not be overheard.
    """
    safety = definition.safety
    if safety is None or safety.form != form.id:
        return False
    items = {item.id: item for item in form.items}
    values = {name: typed(items[name], value) for name, value in kept.items() if name in items}
    if any(values.get(criterion.item) is True for criterion in safety.seriousness):
        return True
    return any(_runs(definition, safety, clock, form, values) for clock in safety.clocks)


def _runs(
    definition: StudyDefinition,
    safety: Safety,
    clock: SiteClock,
    form: Form,
    values: Mapping[str, Value | None],
) -> bool:
    # A case item and a form item of one name mean the same thing only where their types agree.
    on_form = {item.id: item.type for item in form.items}
    shared = {item.id for item in safety.case_items if on_form.get(item.id) == item.type}
    told = {name: value for name, value in values.items() if name in shared}
    return evaluate(clock.trigger, told, definition.thresholds_by_id()) is Truth.TRUE
