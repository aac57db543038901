"""Forms, their items and the anchors read from them."""

from collections.abc import Iterator

from shared.study.anchors import RecordAnchor, RecordSelection
from shared.study.checks.names import duplicate_findings
from shared.study.checks.predicates import Items, predicate_findings, unknown_item
from shared.study.draft import Draft, raw_ids
from shared.study.faults import Finding, Path
from shared.study.forms import DATE_TYPES, Form, Reflex
from shared.study.occurrences import EventSource


def collection_findings(draft: Draft) -> Iterator[Finding]:
    """Faults of forms, and of the selections of anchors and event sources."""
    for index, _ in raw_ids(draft.raw.get("forms"), "id"):
        yield from _item_findings(draft, ("forms", index, "items"))
    for path, form in draft.entries(("forms",), Form):
        yield from _form_findings(form, path, draft.items((*path, "items")))
    for path, anchor in draft.entries(("anchors",), RecordAnchor):
        yield from selection_findings(draft, anchor.select, (*path, "select"))
    for path, source in draft.entries(("event_sources",), EventSource):
        if source.select is not None:
            yield from selection_findings(draft, source.select, (*path, "select"))


def selection_findings(draft: Draft, selection: RecordSelection, path: Path) -> Iterator[Finding]:
    """Items, predicates and reflex of a selection fit its form."""
    items = draft.form_items(selection.form)
    if items is None:
        return  # an unknown form is reported where forms are looked up
    yield from date_item_findings(selection.date, (*path, "date"), items)
    yield from predicate_findings(selection.where, (*path, "where"), items)
    yield from predicate_findings(selection.having, (*path, "having"), items)
    form = draft.raw_at(draft.ids("forms")[selection.form])
    if selection.reflex and form.get("reflex") is None:
        yield Finding((*path, "reflex"), f"the form {selection.form} defines no reflex")


def date_item_findings(item_id: str, path: Path, items: Items) -> Iterator[Finding]:
    """The item exists and holds dates, which may be incomplete."""
    yield from unknown_item(item_id, path, items)
    item = items.get(item_id)
    if item is not None and item.type not in DATE_TYPES:
        yield Finding(path, f"{item_id} is no item of type date or partial_date")


def _item_findings(draft: Draft, path: Path) -> Iterator[Finding]:
    yield from duplicate_findings(draft.raw_at(path), "id", path)
    for index, _ in raw_ids(draft.raw_at(path), "id"):
        codes = draft.raw_at((*path, index, "codes"))
        yield from duplicate_findings(codes, "code", (*path, index, "codes"))
        if draft.raw_at((*path, index, "identifier")) is True:
            words = "a form holds no item that names a person; the subject id is enough"
            yield Finding((*path, index, "identifier"), words)


def _form_findings(form: Form, path: Path, items: Items) -> Iterator[Finding]:
    if form.date_item is not None:
        yield from date_item_findings(form.date_item, (*path, "date_item"), items)
    if form.reflex is not None:
        yield from _reflex_findings(form.reflex, (*path, "reflex"), items)


def _reflex_findings(reflex: Reflex, path: Path, items: Items) -> Iterator[Finding]:
    yield from unknown_item(reflex.sample, (*path, "sample"), items)
    yield from unknown_item(reflex.method, (*path, "method"), items)
    yield from predicate_findings(reflex.evaluable, (*path, "evaluable"), items)
    method = items.get(reflex.method)
    for index, code in enumerate(reflex.order):
        if method is not None and code not in method.code_values:
            yield Finding((*path, "order", index), f"{code} is not a code of {reflex.method}")
