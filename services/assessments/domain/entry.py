"""A first entry of a form: is it fit to be taken?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.assessments.domain.faults import Fault, RefusedError
from services.assessments.domain.items import read_items
from services.assessments.domain.kept import Kept
from services.assessments.domain.sight import Sight
from shared.study.dates import PartialDate
from shared.study.forms import Form

UNSCHEDULED = "UNSCHEDULED"
"""The visit of a record that belongs to none."""


@dataclass(frozen=True)
class Submission:
    """An entry as sent. ``visit`` None and ``observed_on`` None where not said."""

    form: str
    visit: str | None
    repeat: int
    observed_on: date | None
    items: Mapping[str, object]


@dataclass(frozen=True)
class Entry:
    """An entry that may be taken; ``items`` are the texts to keep."""

    form: Form
    visit: str
    repeat: int
    observed_on: date | None
    items: Mapping[str, Kept]


def examine(sight: Sight, sent: Submission) -> Entry:
    """The entry to take. Raises ``RefusedError`` with all faults at once.

    A form that hangs on visits needs one of them; if it repeats, ``UNSCHEDULED`` will do as well.
    A form that hangs on none is always ``UNSCHEDULED``, said or not.
    """
    form = sight.form(sent.form)
    if form is None:
        raise RefusedError([Fault(("form",), "unknown-form", "the study has no such form")])
    items = sight.items(form)
    kept, faults = read_items(items, sent.items)
    faults += [
        Fault(("items", item.id), "required-missing", "a value is required")
        for item in items.values()
        if item.required and item.id not in sent.items
    ]
    faults += _visit_faults(form, sent.visit)
    if sent.repeat > 1 and not form.repeating:
        faults.append(Fault(("repeat",), "not-repeating", "the form is filled once"))
    on_form = observed_on(form, kept, None)
    if form.date_item is not None and sent.observed_on not in {None, on_form}:
        words = f"the form is dated by its item {form.date_item}: leave this out"
        faults.append(Fault(("observed_on",), "contradicts-item", words))
    if faults:
        raise RefusedError(faults)
    day = sent.observed_on if form.date_item is None else on_form
    return Entry(form, sent.visit or UNSCHEDULED, sent.repeat, day, kept)


def observed_on(form: Form, kept: Mapping[str, Kept], otherwise: date | None) -> date | None:
    """The date that the form's date item gives a record; ``otherwise`` where it has no such item.

    None where the date item has no value, or one that is not known to the day: nothing is guessed.
    """
    if form.date_item is None:
        return otherwise
    value = kept.get(form.date_item)
    if value is None or value.text is None:
        return None
    told = PartialDate.parse(value.text)
    return told.earliest if told.precision == "day" else None


def _visit_faults(form: Form, visit: str | None) -> list[Fault]:
    allowed = [*form.visits, *([UNSCHEDULED] if form.repeating or not form.visits else [])]
    if visit is None:
        if not form.visits:
            return []
        return [Fault(("visit",), "visit-missing", f"name one of {', '.join(allowed)}")]
    if visit not in allowed:
        words = f"the form takes {', '.join(allowed)}"
        return [Fault(("visit",), "unknown-visit", words)]
    return []
