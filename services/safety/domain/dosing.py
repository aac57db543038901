"""Doses of study treatment as recorded: those that the study definition counts as given."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from shared.study import StudyDefinition
from shared.study.anchors import RecordAnchor, RecordSelection
from shared.study.forms import Item
from shared.study.kept import kept_value
from shared.study.predicate import Truth, evaluate
from shared.study.values import Value, ValueRefusedError


@dataclass(frozen=True)
class Given:
    """A dose of a study product that was given."""

    product: str
    on: date
    amount: str | None
    unit: str | None


def dosing(definition: StudyDefinition) -> RecordSelection | None:
    """The records that date the arm received; None where the study does not say which they are."""
    rule = definition.analysis.received
    anchor = None if rule is None else definition.anchor(rule.anchor)
    return anchor.select if isinstance(anchor, RecordAnchor) else None


def doses_given(
    definition: StudyDefinition, records: Iterable[Mapping[str, str]]
) -> Iterator[Given]:
    """The doses of ``dosing`` records (items as kept, by id) on a known day, of a known product.

    A record is left out where the definition's rule is FALSE of it. One of which it is not known
    counts: a report must not lose a dose.
    """
    rule, select = definition.analysis.received, dosing(definition)
    if rule is None or select is None:
        return
    items = {item.id: item for item in definition.form(select.form).items}
    thresholds = definition.thresholds_by_id()
    for kept in records:
        values = {name: _value(items.get(name), text) for name, text in kept.items()}
        where = select.where
        told = Truth.TRUE if where is None else evaluate(where, values, thresholds)
        day, product = _day(kept.get(select.date)), kept.get(rule.product)
        if told is not Truth.FALSE and day is not None and product:
            yield Given(product, day, kept.get("amount"), kept.get("amount_unit"))


def _value(item: Item | None, text: str) -> Value | None:
    try:
        return kept_value(item, text)
    except ValueRefusedError:
        return None


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        return None
