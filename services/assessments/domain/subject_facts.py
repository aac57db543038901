"""From the records of a subject to the facts that rule packs read.

Forms and items are known to the packs by the study's own names; what no pack knows is not read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from services.assessments.domain.entry import UNSCHEDULED
from services.assessments.domain.history import History
from services.assessments.domain.kept import Kept
from services.assessments.domain.packs.facts import FORMS, SubjectFacts
from services.assessments.domain.packs.reading import WrongValue, field_types, read_value
from services.assessments.domain.packs.records import Randomization, Record, Visit
from services.assessments.domain.subject_state import SubjectState
from shared.study import StudyDefinition
from shared.study.dates import PartialDate

ALLOCATION = "randomization"
"""The record id of the fact that a subject was allocated: the packs see it as a record."""
_REPORTED = "_unit"
"""`bilirubin_unit` of a record is the unit that its `bilirubin` was reported in."""
_OWN = frozenset(entry.name for entry in fields(Record))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A kept value that the packs cannot read, or a record that lacks what they need."""

    form: str
    record: str
    item: str
    code: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts, what of the records is not among them, and the form of each record by its id."""

    facts: SubjectFacts
    left_out: tuple[LeftOut, ...]
    forms: Mapping[str, str]


# The items of each kind of record, and whether the packs need them: worked out once a class.
_ITEMS = {
    kind: tuple(
        (entry.name, entry.default is MISSING) for entry in fields(kind) if entry.name not in _OWN
    )
    for kind in FORMS.values()
}


@dataclass
class _Reading:
    left_out: list[LeftOut] = field(default_factory=list)

    def record(self, kind: type[Record], history: History) -> Record | None:
        """The record as the packs know it; None where it lacks an item that they need."""
        wanted = field_types(kind)
        kept = history.items()
        values: dict[str, Any] = {}
        for name, needed in _ITEMS[kind]:
            if name not in kept and name.endswith(_REPORTED) and wanted[name] is str:
                measured = kept.get(name.removesuffix(_REPORTED))
                value: object = None if measured is None else measured.unit
            else:
                value = self._value(wanted[name], kept.get(name), history, name)
            if value is not None:
                values[name] = value
            elif needed:
                self._leave_out(history, name, "required_missing")
                return None
        return kind(
            record=history.record_id, version=history.latest.number, visit=_visit(history), **values
        )

    def _value(self, wanted: Any, kept: Kept | None, history: History, name: str) -> object:
        text = None if kept is None else kept.read
        if text is None:
            return None
        try:
            return read_value(wanted, _raw(wanted, text))
        except WrongValue as wrong:
            self._leave_out(history, name, wrong.code)
            return None

    def _leave_out(self, history: History, item: str, code: str) -> None:
        self.left_out.append(LeftOut(history.form, history.record_id, item, code))


def subject_facts(definition: StudyDefinition, state: SubjectState) -> Facts:
    """The facts of a subject.

    A null flavour is a missing value. A value that the packs cannot read is missing too, and a
    record without an item that they need is no fact: both are told in ``left_out``.
    """
    reading = _Reading()
    found: dict[str, list[Record]] = {}
    forms = {ALLOCATION: "randomization"}
    histories = [each for each in state.histories if not each.taken_back]
    for history in histories:
        kind = FORMS.get(history.form)
        record = None if kind is None else reading.record(kind, history)
        if record is not None:
            found.setdefault(history.form, []).append(record)
        forms[history.record_id] = history.form
    if state.allocated_on is not None:
        found["randomization"] = [_allocation(state)]
    visits = list(_visits(definition, histories))
    if visits:
        found.setdefault("visit", []).extend(visits)
    by_form: dict[str, Any] = {form: tuple(records) for form, records in found.items()}
    facts = SubjectFacts(subject=state.subject, **by_form)
    return Facts(facts, tuple(reading.left_out), forms)


def changed_forms(state: SubjectState) -> frozenset[str]:
    """The forms of records with a version that has no position yet: those being written."""
    return frozenset(each.form for each in state.histories if each.latest.position == 0)


def read_by_packs(definition: StudyDefinition) -> frozenset[str]:
    """The forms whose records can change a fact."""
    return frozenset({*FORMS, *(form.id for form in definition.forms if form.date_item is None)})


def _allocation(state: SubjectState) -> Randomization:
    day = PartialDate.parse(str(state.allocated_on))
    return Randomization(record=ALLOCATION, randomization_date=day)


def _visits(definition: StudyDefinition, histories: Sequence[History]) -> Iterator[Visit]:
    """What the dates of records say of visits, where a form without a date of its own has one.

    Elsewhere the form `visit`, or the records that the packs know, speak for visits themselves. The
    date of such a form is that of the visit; the date item of another may lie long before it (that
    of a diagnosis).
    """
    plain = {form.id for form in definition.forms if form.date_item is None}
    stated = {each.visit for each in histories if each.form == "visit" and _dated(each)}
    speaking = {each.visit for each in histories if each.form in plain and _dated(each)} - stated
    open_forms = {form.id for form in definition.forms if not form.arm_revealing}
    for history in histories:
        known = history.form in plain or history.form in FORMS
        if known and history.form in open_forms and history.visit in speaking and _dated(history):
            day = PartialDate.parse(str(history.latest.observed_on))
            yield Visit(
                record=history.record_id,
                version=history.latest.number,
                visit=history.visit,
                visit_date=day,
            )


def _dated(history: History) -> bool:
    return history.latest.observed_on is not None and history.visit != UNSCHEDULED


def _visit(history: History) -> str | None:
    return None if history.visit == UNSCHEDULED else history.visit


def _raw(wanted: Any, text: str) -> object:
    """A kept text as the JSON value that the packs' reader expects."""
    if wanted is bool:
        return {"true": True, "false": False}.get(text, text)
    if wanted is int and text.removeprefix("-").isdecimal():
        return int(text)
    return text
