"""A correction of a record: what it changes, if it may."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.assessments.domain.entry import observed_on
from services.assessments.domain.faults import Fault, RefusedError
from services.assessments.domain.history import History
from services.assessments.domain.items import read_items
from services.assessments.domain.kept import Kept
from services.assessments.domain.sight import Sight
from shared.study.forms import Item


@dataclass(frozen=True)
class Correction:
    """What is to change: items to what is kept, None where removed. Empty where nothing does.

    `overwrites` tells that a value which was there becomes another one or goes: that needs a
    reason (21 CFR 11.10(e); ICH E6(R3) 4.2.2).
    """

    changes: Mapping[str, Kept | None]
    observed_on: date | None
    overwrites: bool


def examine(sight: Sight, history: History, sent: Mapping[str, object]) -> Correction:
    """The correction to make: only items that get another value. Raises ``RefusedError``.

    ``sent`` holds the items to correct; None removes a value, which a required item must keep. Only
    a whole record may be taken back, and one that was is filled again as a first entry would be.
    """
    form = sight.form(history.form)
    if form is None:
        words = "the study definition in force has no such form"
        raise RefusedError([Fault(("items",), "unknown-form", words)])
    items = sight.items(form)
    kept, faults = read_items(items, {name: v for name, v in sent.items() if v is not None})
    removed = [name for name, value in sent.items() if value is None]
    current = history.items()
    faults += [
        Fault(("items", name), "unknown-item", "the form has no such item")
        for name in removed
        if name not in items
    ]
    faults += [
        Fault(("items", name), "required-missing", "a value is required")
        for name in _lacking(items, current, sent)
    ]
    if faults:
        raise RefusedError(faults)
    wanted: dict[str, Kept | None] = {**kept, **dict.fromkeys(removed)}
    changes = {name: value for name, value in wanted.items() if value != current.get(name)}
    after = {name: value for name, value in {**current, **changes}.items() if value is not None}
    day = observed_on(form, after, history.latest.observed_on)
    return Correction(changes, day, any(name in current for name in changes))


def _lacking(
    items: Mapping[str, Item], current: Mapping[str, Kept], sent: Mapping[str, object]
) -> list[str]:
    """The required items that the record would lack: none of a record that is taken back whole.

    What an amendment requires of records from before it is not asked of their corrections.
    """
    before = items.keys() & current.keys()
    after = (before | sent.keys()) - {name for name, value in sent.items() if value is None}
    asked = (before & sent.keys()) if before else items.keys()
    return [name for name in sorted(asked - after) if after and items[name].required]
