"""Forms, their items and the anchors read from them."""

from collections.abc import Iterator, Mapping

from shared.study.anchors import RecordAnchor, RecordSelection
from shared.study.checks.names import duplicate_findings
from shared.study.checks.predicates import predicate_findings, unknown_item
from shared.study.draft import Draft
from shared.study.faults import Finding, Path
from shared.study.forms import Form, Item, Reflex
from shared.study.occurrences import EventSource


def collection_findings(draft: Draft) -> Iterator[Finding]:
    """Faults of forms, and of the selections of anchors and event sources."""
    for path, form in draft.entries("forms", Form):
        yield from _form_findings(form, path)
    for path, anchor in draft.entries("anchors", RecordAnchor):
        yield from selection_findings(draft, anchor.select, (*path, "select"))
    for path, source in draft.entries("event_sources", EventSource):
        if source.select is not None:
            yield from selection_findings(draft, source.select, (*path, "select"))


def readable_form(draft: Draft, form_id: str) -> Form | None:
    """The form of that id, None where unknown (reported elsewhere) or unreadable."""
    return next((form for _, form in draft.entries("forms", Form) if form.id == form_id), None)


def items_of(form: Form) -> Mapping[str, Item]:
    """Items by id."""
    return {item.id: item for item in form.items}


def selection_findings(draft: Draft, selection: RecordSelection, path: Path) -> Iterator[Finding]:
    """Items, predicates and reflex of a selection fit its form."""
    form = readable_form(draft, selection.form)
    if form is None:
        return
    items = items_of(form)
    yield from date_item_findings(selection.date, (*path, "date"), items)
    yield from predicate_findings(selection.where, (*path, "where"), items)
    yield from predicate_findings(selection.having, (*path, "having"), items)
    if selection.reflex and form.reflex is None:
        yield Finding((*path, "reflex"), f"the form {form.id} defines no reflex")


def date_item_findings(item_id: str, path: Path, items: Mapping[str, Item]) -> Iterator[Finding]:
    """The item exists and holds full dates."""
    yield from unknown_item(item_id, path, items)
    if item_id in items and items[item_id].type != "date":
        yield Finding(path, f"{item_id} is no item of type date")


def _form_findings(form: Form, path: Path) -> Iterator[Finding]:
    items = items_of(form)
    ids = [{"id": item.id} for item in form.items]
    yield from duplicate_findings(ids, "id", (*path, "items"))
    for index, item in enumerate(form.items):
        place = (*path, "items", index)
        codes = [{"code": entry.code} for entry in item.codes]
        yield from duplicate_findings(codes, "code", (*place, "codes"))
        if item.identifier:
            words = "a form holds no item that names a person; the subject id is enough"
            yield Finding((*place, "identifier"), words)
    if form.date_item is not None:
        yield from date_item_findings(form.date_item, (*path, "date_item"), items)
    if form.reflex is not None:
        yield from _reflex_findings(form.reflex, (*path, "reflex"), items)


def _reflex_findings(reflex: Reflex, path: Path, items: Mapping[str, Item]) -> Iterator[Finding]:
    yield from unknown_item(reflex.sample, (*path, "sample"), items)
    yield from unknown_item(reflex.method, (*path, "method"), items)
    yield from predicate_findings(reflex.evaluable, (*path, "evaluable"), items)
    method = items.get(reflex.method)
    for index, code in enumerate(reflex.order):
        if method is not None and code not in method.code_values:
            yield Finding((*path, "order", index), f"{code} is not a code of {reflex.method}")
