"""A child as an export knows it: as of the cutoff, and no more than the variant may show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.assessments.domain.history import History
from services.assessments.domain.items import typed
from services.assessments.domain.kept import Kept
from shared.study import StudyDefinition
from shared.study.anchors import Anchor, RecordAnchor, anchor_dependencies
from shared.study.derivation import Record, anchor_dates

Variant = Literal["blinded", "unblinded"]


@dataclass(frozen=True, slots=True)
class Participant:
    """``allocated_on`` is the local date of the allocation, ``arm`` None where it is not shown.

    ``histories`` are the records that the variant may show, with their versions up to the cutoff.
    """

    subject: str
    site: str
    country: str | None
    birth_year_month: str
    sex: str
    consented_on: date
    allocated_on: date | None
    arm: str | None
    histories: tuple[History, ...]
    derived: tuple["DerivedValue", ...] = ()


@dataclass(frozen=True, slots=True)
class DerivedValue:
    """What a rule pack made of the child's records; ``details`` are the parts of a value."""

    name: str
    value: str | None
    status: str
    reason: str | None
    details: Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Filled:
    """A record with its values at the cutoff, worked out once."""

    history: History
    items: Mapping[str, Kept]
    date: str | None
    """The form's own date as it was recorded, possibly partial; else the day of observation."""

    def read(self, item: str | None) -> str | None:
        """The value of an item in the item's own unit; None where there is none."""
        kept = None if item is None else self.items.get(item)
        return None if kept is None else kept.read


def filled(definition: StudyDefinition, history: History) -> Filled:
    """The record with its values. A form that the definition lacks is dated by the observation."""
    items = history.items()
    form = next((each for each in definition.forms if each.id == history.form), None)
    if form is not None and form.date_item is not None:
        kept = items.get(form.date_item)
        return Filled(history, items, None if kept is None else kept.read)
    on = history.latest.observed_on
    return Filled(history, items, None if on is None else on.isoformat())


class Reference:
    """The date of one anchor, child by child. Other anchors are not worked out."""

    def __init__(self, definition: StudyDefinition, anchor: str) -> None:
        by_id = {each.id: each for each in definition.anchors}
        needed: dict[str, Anchor] = {}
        pending = [anchor] if anchor in by_id else []
        while pending:
            found = by_id[pending.pop()]
            if found.id not in needed:
                needed[found.id] = found
                pending += anchor_dependencies(found)
        self._anchor = anchor
        anchors = tuple(each for each in definition.anchors if each.id in needed)
        self._definition = definition.model_copy(update={"anchors": anchors})
        self.forms = frozenset(
            each.select.form for each in anchors if isinstance(each, RecordAnchor)
        )
        """The forms whose records the date rests on."""

    def date(self, participant: Participant) -> date | None:
        """The date by the records of the participant; None where it has none."""
        records = [
            _record(self._definition, history)
            for history in participant.histories
            if history.form in self.forms
        ]
        return anchor_dates(self._definition, records, participant.allocated_on).get(self._anchor)


def _record(definition: StudyDefinition, history: History) -> Record:
    known = {item.id: item for item in definition.form(history.form).items}
    values = {name: typed(known[name], k) for name, k in history.items().items() if name in known}
    return Record(history.form, history.record_id, values, history.visit)
