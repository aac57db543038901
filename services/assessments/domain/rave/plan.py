"""From a document to steps: transactions inherited down five levels, and every fault at its place.

Insert and Update are held to their words where a node says them itself. What a node inherits is
the client's default (rwslib writes Update on every subject and event), and pages of a schedule
are there before they are filled: inherited, both are Upsert.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from services.assessments.domain.entry import UNSCHEDULED
from services.assessments.domain.rave.document import Document, Event, Form, Subject, Transaction
from services.assessments.domain.rave.filling import Filling, held
from services.assessments.domain.rave.ledger import Ledger, Standing
from services.assessments.domain.rave.lines import is_context, keyed_repeat
from services.assessments.domain.rave.oids import match
from services.assessments.domain.rave.refusals import Code, RaveRefusedError, Refusal, refuse
from services.assessments.domain.rave.steps import Plan
from services.assessments.domain.sight import Sight


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
    return planner.ledger.result()


class _Planner:
    def __init__(self, sight: Sight) -> None:
        self.faults: list[Refusal] = []
        self.ledger = Ledger(sight)
        self._visits = [*(visit.id for visit in sight.definition.visits), UNSCHEDULED]

    def subject(self, node: Subject, state: Standing) -> None:
        if node.transaction is Transaction.REMOVE:
            self.faults.append(Refusal(Code.NO_REMOVAL, node.at))
            return
        self.ledger.touch_subject(state.subject)
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
        self.ledger.touch_folder(state.subject, visit)
        forms = self.ledger.forms
        there = [each for each in state.histories if each.visit == visit and each.form in forms]
        if node.transaction is Transaction.INSERT and there:
            raise refuse(Code.EXISTS, node.at)
        doing = node.transaction or above
        if doing is Transaction.REMOVE:
            for record in there:
                self.ledger.clear(record, node.at)
            return
        for form in node.forms:
            self._guarded(partial(self._form, node, form, visit, doing, state))

    def _form(
        self, event: Event, node: Form, visit: str, above: Transaction, state: Standing
    ) -> None:
        name = match(node.oid, self.ledger.forms)
        definition = None if name is None else self.ledger.sight.form(name)
        if definition is None:
            raise refuse(Code.FORM_UNKNOWN, node.at)
        doing = node.transaction or above
        if not node.groups:
            place = (definition.id, visit, keyed_repeat(definition, event, node, None))
            record = state.at(place)
            self.ledger.touch_record(state.subject, place)
            held(node.transaction, record, node.at)
            if doing is Transaction.REMOVE and record is not None:
                self.ledger.clear(record, node.at)
        filling = Filling(self.ledger, definition, visit, state)
        for group in node.groups:
            self._guarded(partial(filling.fill, event, node, group, doing))
