"""What must have happened before a form is filled: the anchors that it requires."""

from collections.abc import Iterable
from datetime import date

from services.assessments.domain.history import History
from services.assessments.domain.items import typed
from services.assessments.domain.subject_state import SubjectState
from shared.study import StudyDefinition
from shared.study.anchors import Anchor, RecordAnchor, anchor_dependencies
from shared.study.derivation import Record, anchor_dates
from shared.study.forms import Form


def forms_read(definition: StudyDefinition, form: Form) -> set[str]:
    """The forms whose records decide whether the anchors that ``form`` requires have a date."""
    anchors = map(definition.anchor, _anchors_needed(definition, form))
    return {anchor.select.form for anchor in anchors if isinstance(anchor, RecordAnchor)}


def _anchors_needed(definition: StudyDefinition, form: Form) -> set[str]:
    """The anchors that ``form`` requires, and those that these depend on."""
    needed: set[str] = set()
    pending = list(form.requires)
    while pending:
        name = pending.pop()
        if name not in needed:
            needed.add(name)
            pending += anchor_dependencies(definition.anchor(name))
    return needed


def undated(
    definition: StudyDefinition,
    form: Form,
    histories: Iterable[History],
    allocated_on: date | None,
) -> list[Anchor]:
    """The anchors that ``form`` requires and that have no date yet.

    ``histories`` are the subject's records of ``forms_read``; ``allocated_on`` is the local date of
    the allocation, None before it.
    """
    records = [_record(definition, history) for history in histories]
    needed = _anchors_needed(definition, form)
    dates = anchor_dates(definition, records, allocated_on, needed)
    return [definition.anchor(name) for name in form.requires if name not in dates]


def missing(definition: StudyDefinition, form: Form, state: SubjectState) -> list[Anchor]:
    """The anchors without a date that ``form`` requires of a subject, ``undated`` of its records.

    A write of many rows asks this with each of them, and mostly nothing that it is read from has
    changed in between.
    """
    records = state.of_forms(forms_read(definition, form))
    known = state.looked_up.get(form.id)
    if known is None or known[0] != records:
        known = (records, undated(definition, form, records, state.allocated_on))
        state.looked_up[form.id] = known
    return known[1]


def _record(definition: StudyDefinition, history: History) -> Record:
    known = {item.id: item for item in definition.form(history.form).items}
    values = {
        name: typed(known[name], kept) for name, kept in history.items().items() if name in known
    }
    return Record(history.form, history.record_id, values, history.visit)
