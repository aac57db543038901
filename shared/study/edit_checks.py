"""Edit checks as data: what must hold of a record, and what is asked where it does not.

A check never silently refuses what a site saw: `query` and `flag` are kept beside the value, only
`hard` keeps a record out. Who evaluates a check gives its predicate the typed items of the record
and the context values below, and acts on FALSE alone: TRUE passes, and what a missing or partial
value leaves UNDETERMINED neither opens nor closes anything.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from shared.study.base import FormRef, Model, Name, Sourced, Text
from shared.study.criteria import Comparison, Negation, Predicate, comparisons
from shared.study.forms import Form, Item, ItemType

CheckId = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,8}-[0-9]{2,3}[A-Z]?$")]
Severity = Literal["hard", "query", "flag"]

RECORD_DATE = "record_date"
ANCHOR_PREFIX = "anchor_"
CONTEXT: Mapping[str, tuple[ItemType, str]] = {
    "age_years": ("integer", "Age in completed years on the record's date, else when recorded"),
    "consented_on": ("date", "Date of informed consent as registered"),
    "birth_year_month": ("partial_date", "Year and month of birth as registered"),
    "recorded_on": ("date", "Local date at the site when the version was recorded"),
    "visit": ("text", "Visit of the record, UNSCHEDULED where it belongs to none"),
    "days_out_of_window": (
        "integer",
        "Days before (negative) or after the visit's window, 0 within",
    ),
}
"""Context values that a predicate may name beside the items of the form, with type and meaning.
Anchors' dates are `anchor_` and the anchor's id; `record_date` is the form's date item."""


class DictionaryRule(Model):
    """The text in `term` is a term of the dictionary that the item names; with `grade`, the term
    has that grade (undetermined for a term that is not listed)."""

    term: Name
    grade: Name | None = None


class EditCheck(Sourced):
    """One check in one version.

    - `forms`: every form it applies to; the predicate names items that all of them have.
    - `severity`: `hard` refuses the record, `query` asks the site, `flag` marks it for others.
    - `holds` or `dictionary`: what must be so.
    - `message`: what is asked. It names no arm, no drug and no value: blinded roles read it.
    - `on`: the item asked about; without it the item that dates the form.
    - `deviation`: where it does not hold, the protocol was departed from.
    """

    id: CheckId
    version: int = Field(ge=1, le=9999)
    forms: Annotated[tuple[FormRef, ...], Field(min_length=1)]
    severity: Severity
    holds: Predicate | None = None
    dictionary: DictionaryRule | None = None
    message: Text
    on: Name | None = None
    deviation: bool = False

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if (self.holds is None) == (self.dictionary is None):
            raise ValueError("needs exactly one of holds and dictionary")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Items and context values that it looks at, each once, in order."""
        if self.dictionary is not None:
            grade = self.dictionary.grade
            return (self.dictionary.term, *([grade] if grade else []))
        leaves = comparisons(self.holds) if self.holds is not None else ()
        found = [name for leaf in leaves for name in (leaf.item, leaf.value_from) if name]
        return tuple(dict.fromkeys(found))


def checks_of(checks: Iterable[EditCheck], form: Form) -> tuple[EditCheck, ...]:
    """The checks of one form, in the order of the definition: `forms` is that form alone, `on` is
    an item, and `record_date` is replaced by the item that dates the form.

    A check that names `record_date` does not apply to a form without a date item.
    """
    found = []
    for check in checks:
        needs_date = RECORD_DATE in check.names or check.on in (None, RECORD_DATE)
        if form.id not in check.forms or (needs_date and form.date_item is None):
            continue
        on = form.date_item if check.on in (None, RECORD_DATE) else check.on
        holds = None if check.holds is None else _dated(check.holds, str(form.date_item))
        found.append(check.model_copy(update={"forms": (form.id,), "on": on, "holds": holds}))
    return tuple(found)


def context_items(anchors: Iterable[str]) -> dict[str, Item]:
    """The context values as items, by name, for a study with anchors of those ids."""
    known = {
        name: Item(id=name, label=label, type=kind, max_length=40 if kind == "text" else None)
        for name, (kind, label) in CONTEXT.items()
    }
    for anchor in anchors:
        name = f"{ANCHOR_PREFIX}{anchor}"
        # An anchor's id may use all 40 characters of a name: the check of names is not repeated.
        known[name] = Item.model_construct(id=name, label=f"Date of {anchor}", type="date")
    return known


def _dated(predicate: Predicate, date_item: str) -> Predicate:
    """The predicate with `record_date` replaced."""
    if isinstance(predicate, Comparison):
        named = {"item": predicate.item, "value_from": predicate.value_from}
        own = {key: date_item for key, name in named.items() if name == RECORD_DATE}
        return predicate.model_copy(update=own) if own else predicate
    if isinstance(predicate, Negation):
        return predicate.model_copy(update={"part": _dated(predicate.part, date_item)})
    parts = tuple(_dated(part, date_item) for part in predicate.parts)
    return predicate.model_copy(update={"parts": parts})
