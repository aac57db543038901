"""From a document to steps: transactions inherited down five levels, and every fault at its place.

Insert and Update are held to their words where a node says them itself. What a node inherits is
the client's default (rwslib writes Update on every subject and event), and pages of a schedule
are there before they are filled: inherited, both are Upsert.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from services.assessments.domain.entry import UNSCHEDULED
from services.assessments.domain.history import History
from services.assessments.domain.rave.document import (
    Document,
    Event,
    Form,
    Group,
    Item,
    Subject,
    Transaction,
)
from services.assessments.domain.rave.lines import is_context, keyed_repeat, line_by_content
from services.assessments.domain.rave.oids import match
from services.assessments.domain.rave.refusals import Code, RaveRefusedError, Refusal, refuse
from services.assessments.domain.rave.steps import (
    FlagStep,
    Place,
    Plan,
    QueryStep,
    RecordStep,
    Touched,
)
from services.assessments.domain.rave.values import inbound
from services.assessments.domain.sight import Sight
from shared.study.forms import Form as FormDefinition

MAX_REASON = 10_000
_SPECIFY = ("_specify", "_other")


@dataclass(frozen=True)
class Standing:
    """A subject with its records as they stand; without them where a document asks of none."""

    subject: str
    histories: tuple[History, ...] = ()

    def at(self, place: Place) -> History | None:
        """The record that is filled there."""
        return next((each for each in self.histories if each.place == place), None)


def asks_of_records(document: Document) -> bool:
    """Whether what is to be done depends on what is there: only then are records read for it."""
    return any(_asks(node) for node in document.subjects)


def _asks(node: Subject) -> bool:
    said: set[Transaction | None] = set()
    for event in node.events:
        # On an event Update is the client's default, and a folder of the schedule is always there.
        said |= {event.transaction} - {Transaction.UPDATE}
        for form in event.forms:
            said.add(form.transaction)
            for group in form.groups:
                said.add(Transaction.REMOVE if group.whole or is_context(group) else None)
                said.add(group.transaction)
                said |= {item.transaction for item in group.items}
    return bool(said - {None, Transaction.UPSERT, Transaction.CONTEXT})


def plan(
    sight: Sight, subjects: Sequence[tuple[Subject, str]], states: Mapping[str, Standing]
) -> Plan:
    """The steps of all subjects, each with its id. Raises ``RaveRefusedError`` with all faults."""
    planner = _Planner(sight)
    for node, subject in subjects:
        planner.subject(node, states[subject])
    if planner.faults:
        raise RaveRefusedError(planner.faults)
    return planner.result()


class _Planner:
    def __init__(self, sight: Sight) -> None:
        self.faults: list[Refusal] = []
        self._sight = sight
        ids = sight.form_ids() or [form.id for form in sight.definition.forms]
        self._forms = ids
        self._visits = [*(visit.id for visit in sight.definition.visits), UNSCHEDULED]
        self._steps: dict[tuple[str, str, str, int], RecordStep] = {}
        self._queries: list[QueryStep] = []
        self._flags: dict[tuple[str, str, str, int, str], FlagStep] = {}
        self._subjects: set[str] = set()
        self._folders: set[tuple[str, str]] = set()
        self._records: set[tuple[str, str, str, int]] = set()
        self._lines: set[tuple[str, str, str, int]] = set()
        self._fields = 0

    def result(self) -> Plan:
        touched = Touched(
            len(self._subjects),
            len(self._folders),
            len(self._records),
            self._fields,
            len(self._lines),
        )
        written = tuple(step for step in self._steps.values() if step.items)
        return Plan(written, tuple(self._queries), tuple(self._flags.values()), touched)

    def subject(self, node: Subject, state: Standing) -> None:
        if node.transaction is Transaction.REMOVE:
            self.faults.append(Refusal(Code.NO_REMOVAL, node.at))
            return
        self._subjects.add(state.subject)
        for event in node.events:
            self._guarded(partial(self._event, event, node.transaction, state))

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except RaveRefusedError as refusal:
            self.faults += refusal.refusals

    def _event(self, node: Event, above: Transaction, state: Standing) -> None:
        visit = match(node.oid, self._visits)
        if visit is None:
            raise refuse(Code.VISIT_UNKNOWN, node.at)
        self._folders.add((state.subject, visit))
        there = [record for record in state.histories if record.visit == visit]
        if node.transaction is Transaction.INSERT and any(self._visible(r) for r in there):
            raise refuse(Code.EXISTS, node.at)
        doing = node.transaction or above
        if doing is Transaction.REMOVE:
            for record in there:
                if self._visible(record):
                    self._clear(record, node.at)
            return
        for form in node.forms:
            self._guarded(partial(self._form, node, form, visit, doing, state))

    def _form(
        self, event: Event, node: Form, visit: str, above: Transaction, state: Standing
    ) -> None:
        name = match(node.oid, self._forms)
        definition = None if name is None else self._sight.form(name)
        if definition is None:
            raise refuse(Code.FORM_UNKNOWN, node.at)
        doing = node.transaction or above
        if not node.groups:
            repeat = keyed_repeat(definition, event, node, None)
            record = state.at((definition.id, visit, repeat))
            self._records.add((state.subject, definition.id, visit, repeat))
            _held(node.transaction, record, node.at)
            if doing is Transaction.REMOVE and record is not None:
                self._clear(record, node.at)
        filled = _Filled(self, definition, visit, state)
        for group in node.groups:
            self._guarded(partial(filled.fill, event, node, group, doing))

    def _visible(self, record: History) -> bool:
        return record.form in self._forms

    def _clear(self, record: History, at: str) -> None:
        """Take every value of a record back."""
        step = self.step(record.subject, (record.form, record.visit, record.repeat), at)
        form = self._sight.form(record.form)
        known = {} if form is None else self._sight.items(form)
        for name in record.items():
            if name in known:
                step.items[name] = None
                step.places[name] = at
                self._fields += 1

    def step(self, subject: str, place: tuple[str, str, int], at: str) -> RecordStep:
        key = (subject, *place)
        self._records.add(key)
        return self._steps.setdefault(key, RecordStep(subject, place, at))

    def repeats(self, subject: str, form: str, visit: str) -> list[int]:
        """The repeats of a form that the document writes already."""
        return [key[3] for key in self._steps if key[:3] == (subject, form, visit)]

    def touch_line(self, subject: str, place: tuple[str, str, int]) -> None:
        self._lines.add((subject, *place))

    def send(self, step: RecordStep, item: str, value: object, at: str) -> None:
        if item in step.items:
            raise refuse(Code.DUPLICATE, at)
        step.items[item] = value
        step.places[item] = at
        self._fields += 1

    def ask(self, query: QueryStep) -> None:
        self._queries.append(query)

    def flag(self, flag: FlagStep) -> None:
        key = (flag.subject, *flag.place, flag.flag)
        before = self._flags.setdefault(key, flag)
        if before.wanted != flag.wanted:
            raise refuse(Code.DUPLICATE, flag.at, f"{flag.flag} is asked for and taken back.")

    @property
    def sight(self) -> Sight:
        return self._sight

    def clear(self, record: History, at: str) -> None:
        self._clear(record, at)


class _Filled:
    """One form at one visit of one subject, being filled by its groups."""

    def __init__(
        self, planner: _Planner, definition: FormDefinition, visit: str, state: Standing
    ) -> None:
        self._planner = planner
        self._definition = definition
        self._items = planner.sight.items(definition)
        self._visit = visit
        self._state = state

    def fill(self, event: Event, form: Form, group: Group, above: Transaction) -> None:
        doing = group.transaction or above
        repeat = self._repeat(event, form, group, doing)
        place = (self._definition.id, self._visit, repeat)
        record = self._state.at(place)
        if not is_context(group):
            _held(form.transaction, record, form.at)
            _held(group.transaction, record, group.at)
        if self._definition.repeating and group.repeat_key is not None:
            self._planner.touch_line(self._state.subject, place)
        if doing is Transaction.REMOVE:
            if record is not None:
                self._planner.clear(record, group.at)
            return
        step = self._planner.step(self._state.subject, place, group.at)
        faults: list[Refusal] = []
        for item in group.items:
            try:
                self._item(item, step, record, doing, keyed=is_context(group))
            except RaveRefusedError as refusal:
                faults += refusal.refusals
        if faults:
            raise RaveRefusedError(faults)
        if group.whole and record is not None:
            self._forget_others(group, step, record)

    def _repeat(self, event: Event, form: Form, group: Group, doing: Transaction) -> int:
        if not is_context(group) or not self._definition.repeating:
            return keyed_repeat(self._definition, event, form, group)
        keys = {}
        for item in group.items:
            if item.transaction is Transaction.CONTEXT and item.value is not None:
                keys[self._known(item)] = item.value
        place = self._definition.id, self._visit
        records = [r for r in self._state.histories if (r.form, r.visit) == place]
        taken = self._planner.repeats(self._state.subject, *place)
        return line_by_content(group, keys, records, taken, doing)

    def _item(
        self,
        node: Item,
        step: RecordStep,
        record: History | None,
        above: Transaction,
        *,
        keyed: bool,
    ) -> None:
        name = self._known(node)
        self._beside(node, name, step)
        doing = node.transaction or above
        current = None if record is None else record.items().get(name)
        if doing is Transaction.REMOVE:
            self._planner.send(step, name, None, node.at)
        elif doing is Transaction.CONTEXT:
            self._addressed(node, name, step, record, keyed=keyed)
        elif node.value is None and not node.is_null:
            return  # only addressed: an ItemData without a Value says nothing of the value
        else:
            if node.transaction is Transaction.INSERT and current is not None:
                raise refuse(Code.EXISTS, node.at)
            if node.transaction is Transaction.UPDATE and current is None:
                raise refuse(Code.MISSING, node.at)
            self._send(node, name, step)

    def _addressed(
        self, node: Item, name: str, step: RecordStep, record: History | None, *, keyed: bool
    ) -> None:
        if node.value is None and not node.is_null:
            return
        if not keyed:
            raise refuse(Code.CONTEXT_VALUE, node.at)
        if record is None:
            self._send(node, name, step)  # a new line holds what it would have been found by

    def _send(self, node: Item, name: str, step: RecordStep) -> None:
        if node.reason is not None and node.reason not in step.reasons:
            if len(node.reason) > MAX_REASON:
                raise refuse(Code.ATTRIBUTE, node.at, "ReasonForChange is too long.")
            step.reasons.append(node.reason)
        text = node.value or ""
        value = None if node.is_null else inbound(self._items[name], text, node.unit)
        self._planner.send(step, name, value, node.at)
        if node.specify is not None:
            other = next((name + end for end in _SPECIFY if name + end in self._items), None)
            if other is None:
                raise refuse(Code.SPECIFY, node.at)
            self._planner.send(step, other, node.specify, node.at)

    def _beside(self, node: Item, name: str, step: RecordStep) -> None:
        for query in node.queries:
            self._planner.ask(QueryStep(step.subject, step.place, name, query))
        for flag, wanted in (("lock", node.lock), ("freeze", node.freeze), ("verify", node.verify)):
            if wanted is not None:
                self._planner.flag(FlagStep(step.subject, step.place, flag, wanted, node.at))

    def _forget_others(self, group: Group, step: RecordStep, record: History) -> None:
        for name in record.items():
            if name in self._items and name not in step.items:
                self._planner.send(step, name, None, group.at)

    def _known(self, node: Item) -> str:
        """The item that an OID names, alone or with its form before it: ``FORM.ITEM``."""
        found = match(node.oid, self._items)
        if found is None:
            form, _, rest = node.oid.partition(".")
            if rest and form.casefold() == self._definition.id.casefold():
                found = match(rest, self._items)
        if found is None:
            raise refuse(Code.ITEM_UNKNOWN, node.at)
        return found


def _held(said: Transaction | None, record: History | None, at: str) -> None:
    """Hold a node to its own word. A record all of whose values were taken back is not there."""
    there = record is not None and bool(record.items())
    if said is Transaction.INSERT and there:
        raise refuse(Code.EXISTS, at)
    if said is Transaction.UPDATE and not there:
        raise refuse(Code.MISSING, at)
