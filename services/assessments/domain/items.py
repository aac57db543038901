"""Item values: as they are sent, as they are kept, and as they are shown."""

from collections.abc import Mapping

from services.assessments.domain.faults import Fault
from shared.study.forms import Item
from shared.study.values import Value, ValueRefusedError, parse_value

Shown = bool | int | str


def canonical(raw: object) -> str:
    """The text that is kept of an accepted value: as received, booleans as true and false.

    A decimal keeps every digit that was sent ("0.0100"), a partial date its precision ("2013-08").
    """
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return str(raw)


def shown(item: Item | None, kept: str) -> Shown:
    """The JSON value of a kept text: what is shown can be sent again as it is.

    Text where the definition in force has no such item any more, or one of another type.
    """
    if item is not None and item.type == "boolean" and kept in {"true", "false"}:
        return kept == "true"
    if item is not None and item.type == "integer" and kept.removeprefix("-").isdecimal():
        return int(kept)
    return kept


def typed(item: Item, kept: str) -> Value | None:
    """The typed value of a kept text; None where the definition in force would not take it."""
    try:
        return parse_value(item, shown(item, kept))
    except ValueRefusedError:
        return None


def read_items(
    items: Mapping[str, Item], sent: Mapping[str, object]
) -> tuple[dict[str, str], list[Fault]]:
    """The values that fit their items, as they are kept, and the faults of those that do not."""
    kept: dict[str, str] = {}
    faults: list[Fault] = []
    for name in sorted(sent):
        fault = _fault(items.get(name), sent[name])
        if fault is None:
            kept[name] = canonical(sent[name])
        else:
            faults.append(Fault(("items", name), *fault))
    return kept, faults


def _fault(item: Item | None, raw: object) -> tuple[str, str] | None:
    if item is None:
        return "unknown-item", "the form has no such item"
    if item.identifier:
        return "identifier-refused", "an item that names a person is not taken"
    try:
        parse_value(item, raw)
    except ValueRefusedError as refusal:
        return refusal.code.replace("_", "-"), str(refusal)
    return None
