"""Edit checks speak of items that exist, compare what compares, and tell nobody the arm."""

import re
from collections.abc import Iterator

from shared.study.arms import Arm
from shared.study.checks.names import duplicate_findings
from shared.study.checks.predicates import Items, predicate_findings, unknown_item
from shared.study.draft import Draft
from shared.study.edit_checks import RECORD_DATE, DictionaryRule, EditCheck, context_items
from shared.study.faults import Finding, Path
from shared.study.forms import Form, Item


def edit_check_findings(draft: Draft) -> Iterator[Finding]:
    """Faults of the section `checks`."""
    masked = _masked_words(draft)
    context = context_items(draft.ids("anchors"))
    for path, check in draft.entries(("checks",), EditCheck):
        forms = [{"form": form} for form in check.forms]
        yield from duplicate_findings(forms, "form", (*path, "forms"))
        yield from _message_findings(check, path, masked)
        # The same words hold of every form: each fault is told once.
        told = dict.fromkeys(
            finding
            for index, form_id in enumerate(check.forms)
            for finding in _form_findings(draft, check, form_id, path, index, context)
        )
        yield from told


def _form_findings(
    draft: Draft,
    check: EditCheck,
    form_id: str,
    path: Path,
    index: int,
    context: dict[str, Item],
) -> Iterator[Finding]:
    own = draft.form_items(form_id)
    form_path = draft.ids("forms").get(form_id)
    form = None if form_path is None else draft.part(form_path, Form)
    if own is None or form is None:
        return  # an unknown form is reported where forms are looked up
    named = {*check.names, *([] if check.on is None else [check.on])}
    for name in sorted(named & own.keys() & context.keys()):
        words = f"{name} is an item of {form_id} and a context value: it could mean either"
        yield Finding((*path, "forms", index), words)
    items: dict[str, Item | None] = {**context, **own}
    if form.date_item is not None:
        items[RECORD_DATE] = own.get(form.date_item)
    elif check.on is None or RECORD_DATE in named:
        words = f"the form {form_id} has no item that dates it"
        yield Finding((*path, "forms", index), words)
        return
    if check.on is not None and check.on != RECORD_DATE:
        yield from unknown_item(check.on, (*path, "on"), own)
    yield from predicate_findings(check.holds, (*path, "holds"), items)
    if check.dictionary is not None:
        yield from _dictionary_findings(check.dictionary, (*path, "dictionary"), own)


def _dictionary_findings(rule: DictionaryRule, path: Path, items: Items) -> Iterator[Finding]:
    yield from unknown_item(rule.term, (*path, "term"), items)
    term = items.get(rule.term)
    if term is not None and term.dictionary is None:
        yield Finding((*path, "term"), f"{rule.term} names no dictionary")
    if rule.grade is None:
        return
    yield from unknown_item(rule.grade, (*path, "grade"), items)
    grade = items.get(rule.grade)
    if grade is not None and grade.type != "integer":
        yield Finding((*path, "grade"), f"a grade is a whole number, {rule.grade} is none")


def _masked_words(draft: Draft) -> tuple[str, ...]:
    arms = [arm for _, arm in draft.entries(("arms",), Arm)]
    products = [product for arm in arms for product in arm.products]
    words = {text for arm in arms for text in (arm.code, arm.name)}
    words |= {text for product in products for text in (product.code, product.name)}
    return tuple(sorted(words))


def _message_findings(check: EditCheck, path: Path, masked: tuple[str, ...]) -> Iterator[Finding]:
    for word in masked:
        if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", check.message, re.IGNORECASE):
            words = f"names {word}: a query is read by those who may not know the arm"
            yield Finding((*path, "message"), words)
