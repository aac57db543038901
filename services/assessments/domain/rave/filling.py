"""One form at one visit of one subject, being filled by the groups of a document."""

from services.assessments.domain.history import History
from services.assessments.domain.rave.document import Event, Form, Group, Item, Transaction
from services.assessments.domain.rave.ledger import Ledger, Standing
from services.assessments.domain.rave.lines import is_context, keyed_repeat, line_by_content
from services.assessments.domain.rave.oids import match
from services.assessments.domain.rave.refusals import Code, RaveRefusedError, Refusal, refuse
from services.assessments.domain.rave.steps import FlagStep, QueryStep, RecordStep
from services.assessments.domain.rave.values import inbound
from shared.study.forms import Form as FormDefinition

MAX_REASON = 10_000
_SPECIFY = ("_specify", "_other")


class Filling:
    """One form at one visit of one subject, being filled by its groups."""

    def __init__(
        self, ledger: Ledger, definition: FormDefinition, visit: str, state: Standing
    ) -> None:
        self._ledger = ledger
        self._definition = definition
        self._items = ledger.sight.items(definition)
        self._visit = visit
        self._state = state

    def fill(self, event: Event, form: Form, group: Group, above: Transaction) -> None:
        doing = group.transaction or above
        repeat = self._repeat(event, form, group, doing)
        place = (self._definition.id, self._visit, repeat)
        record = self._state.at(place)
        if not is_context(group):
            held(form.transaction, record, form.at)
            held(group.transaction, record, group.at)
        if self._definition.repeating and group.repeat_key is not None:
            self._ledger.touch_line(self._state.subject, place)
        if doing is Transaction.REMOVE:
            if record is not None:
                self._ledger.clear(record, group.at)
            return
        step = self._ledger.step(self._state.subject, place, group.at)
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
        taken = self._ledger.repeats(self._state.subject, *place)
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
            self._ledger.send(step, name, None, node.at)
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
        self._ledger.send(step, name, value, node.at)
        if node.specify is not None:
            other = next((name + end for end in _SPECIFY if name + end in self._items), None)
            if other is None:
                raise refuse(Code.SPECIFY, node.at)
            self._ledger.send(step, other, node.specify, node.at)

    def _beside(self, node: Item, name: str, step: RecordStep) -> None:
        for query in node.queries:
            self._ledger.ask(QueryStep(step.subject, step.place, name, query))
        for flag, wanted in (("lock", node.lock), ("freeze", node.freeze), ("verify", node.verify)):
            if wanted is not None:
                self._ledger.flag(FlagStep(step.subject, step.place, flag, wanted, node.at))

    def _forget_others(self, group: Group, step: RecordStep, record: History) -> None:
        for name in record.items():
            if name in self._items and name not in step.items:
                self._ledger.send(step, name, None, group.at)

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


def held(said: Transaction | None, record: History | None, at: str) -> None:
    """Hold a node to its own word. A record all of whose values were taken back is not there."""
    there = record is not None and bool(record.items())
    if said is Transaction.INSERT and there:
        raise refuse(Code.EXISTS, at)
    if said is Transaction.UPDATE and not there:
        raise refuse(Code.MISSING, at)
